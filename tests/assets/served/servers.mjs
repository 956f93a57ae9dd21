// Starts servers over a folder, as people run them: nginx, Caddy and axum. What was optimized is served as the optimizer's own
// configuration for each server says, or by a program that reads the manifest.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { join } from 'node:path';

const BROTLI_MODULE = '/usr/lib/nginx/modules/ngx_http_brotli_static_module.so';
const children = new Set();

const freePort = () =>
    new Promise((found) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => found(port));
        });
    });

// The source is served as it is, compressed on the fly; what was optimized, as RULES say.
const nginx = (root, port, work, rules) => {
    const path = join(work, 'nginx.conf');
    let [types, tables] = ['include /etc/nginx/mime.types; default_type application/octet-stream;\ntypes { text/javascript mjs; application/wasm wasm; application/manifest+json webmanifest; }', ''];
    let serve = 'gzip on; gzip_comp_level 6; gzip_vary on; gzip_proxied any; gzip_types *;';
    if (rules) {
        // The module is there, so its line is taken in.
        writeFileSync(join(work, 'server.conf'), readFileSync(join(rules, 'nginx'), 'utf8').replace('# brotli_static', 'brotli_static'));
        [types, tables, serve] = ['', `include ${join(rules, 'nginx-map')};`, `include ${join(work, 'server.conf')};`];
    }
    writeFileSync(
        path,
        `load_module ${BROTLI_MODULE};
${process.getuid() === 0 ? 'user root;' : ''}
daemon off; worker_processes 1; pid ${work}/nginx.pid; error_log stderr warn;
events { worker_connections 512; }
http {
    ${types}
    ${tables}
    access_log off; client_body_temp_path ${work}/body; proxy_temp_path ${work}/proxy; fastcgi_temp_path ${work}/fastcgi;
    uwsgi_temp_path ${work}/uwsgi; scgi_temp_path ${work}/scgi;
    server { listen 127.0.0.1:${port}; root ${root}; index index.html; charset utf-8; charset_types text/css text/javascript application/javascript; ${serve} }
}
`,
    );
    return ['nginx', ['-p', work, '-c', path, '-e', 'stderr']];
};

const caddy = (root, port, work, rules) => {
    const path = join(work, 'Caddyfile');
    const [snippet, serve] = rules ? [`import ${join(rules, 'caddy')}\n`, 'import assets'] : ['', 'encode gzip\n file_server'];
    writeFileSync(path, `{\n admin off\n auto_https off\n}\n${snippet}http://127.0.0.1:${port} {\n root * ${root}\n ${serve}\n}\n`);
    return ['caddy', ['run', '--config', path, '--adapter', 'caddyfile']];
};

const axum = (root, port) => [process.env.AXUM, [root, String(port)]];

const kinds = { nginx, caddy, ...(process.env.AXUM ? { axum } : {}) };
export const names = Object.keys(kinds);
// What each answers with, of what was compressed before.
export const encodings = { nginx: ['br', 'gzip'], caddy: ['br', 'gzip', 'zstd'], axum: ['br', 'gzip'] };

const answers = (url) => new Promise((told) => get(url, (response) => { response.resume(); told(true); }).on('error', () => told(false)));

// RULES is the folder of what the optimizer says of ROOT to each server, where it made that.
export const start = async (name, root, work, rules, port) => {
    mkdirSync(work, { recursive: true });
    port ??= await freePort();
    const [command, args] = kinds[name](root, port, work, rules);
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: work, XDG_DATA_HOME: work, XDG_CONFIG_HOME: work } });
    children.add(child);
    let said = '';
    child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4000)));
    let ended = false;
    child.on('exit', () => { ended = true; children.delete(child); });
    const url = `http://127.0.0.1:${port}`;
    for (let tries = 0; !(await answers(url)); tries += 1) {
        if (ended || tries > 100) throw new Error(`${name} does not answer: ${said}`);
        await new Promise((later) => setTimeout(later, 100));
    }
    return { name, url, port, stop: () => new Promise((stopped) => { child.on('exit', stopped); child.kill('SIGTERM'); }) };
};
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });
