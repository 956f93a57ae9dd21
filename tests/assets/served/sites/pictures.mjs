// Makes a site with images in several places: usage: pictures.mjs FOLDER. The images are drawn by the browser.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from '../browser.mjs';

const [folder] = process.argv.slice(2);
mkdirSync(join(folder, 'img'), { recursive: true });
const { browser, close } = await open();
const page = await browser.newPage();
await page.setViewportSize({ width: 400, height: 240 });
const drawn = async (name, markup, options) => {
    await page.setContent(`<style>body{margin:0;font:600 20px monospace}</style>${markup}`);
    await page.screenshot({ path: join(folder, 'img', name), ...options });
};
const rows = Array.from({ length: 12 }, (_, row) => `<div style="background:hsl(${row * 30} 70% 60%)">row ${row}, ${row * row}</div>`).join('');
await drawn('chart.png', rows);
await drawn('row.png', rows);
await drawn('logo.png', '<svg width=400 height=240><circle cx=200 cy=120 r=100 fill="#3f6b21"/><text x=150 y=130 fill="#fff">fruit</text></svg>', { omitBackground: true });
await drawn('photo.jpg', '<div style="height:240px;background:conic-gradient(from 45deg,#224,#c84,#fed,#246,#224)"></div>', { type: 'jpeg', quality: 92 });
await close();
writeFileSync(join(folder, 'favicon.ico'), '');
writeFileSync(join(folder, 'site.css'), `*{box-sizing:border-box;margin:0}body{padding:1rem;font-family:monospace}p{margin:1rem 0}img{max-width:100%;height:auto}
.row{display:flex;gap:1rem}.row>*{flex:1}figure>img{border:3px solid #3f6b21}.side{float:right;width:120px;margin:0 0 1rem 1rem}.wide{display:block;width:60%}
`);
const image = (name, more = '') => `<img src="img/${name}" alt="a ${name.split('.')[0]}"${more}>`;
writeFileSync(join(folder, 'index.html'), `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Pictures</title><link rel="stylesheet" href="site.css"></head>
<body><h1>Pictures</h1><p>${image('logo.png', ' width="400" height="240"')}</p><p>${image('photo.jpg', ' class="side"')}A text runs around this one, for as long as it takes to see that nothing has moved, which is some lines long, and then some more.</p>
<p>${image('chart.png', ' class="wide"')}</p><div class="row">${image('row.png')}${image('row.png')}</div><figure>${image('row.png')}<figcaption>All are here</figcaption></figure><p>${image('photo.jpg')}</p></body></html>
`);
