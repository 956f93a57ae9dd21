// Writes a page as a server renders it with React, and the script that hydrates it: usage: hydrated.mjs FOLDER, with React there.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = process.argv[2];
const app = `const App = () => {
    const [count, more] = React.useState(0);
    // A text of a blank, as MDX writes it between blocks, and one of several.
    return React.createElement('main', null, React.createElement('h1', null, 'Fruit'), '\\n', React.createElement('p', null, '  two  blanks,\\n\\na line '), '\\n\\n',
        React.createElement('button', { id: 'more', onClick: () => more(count + 1) }, 'Count ', count));
};`;
const require = createRequire(import.meta.url);
const React = require('react');
const html = require('react-dom/server').renderToString(React.createElement(new Function('React', `${app}; return App;`)(React)));
writeFileSync(join(folder, 'app.js'), `${app}\nReactDOM.hydrateRoot(document.getElementById('root'), React.createElement(App), { onRecoverableError: (why) => console.error(why) });\n`);
writeFileSync(join(folder, 'index.html'), `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Fruit</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="root">${html}</div>
    <script src="react.js"></script>
    <script src="react-dom.js"></script>
    <script src="app.js"></script>
  </body>
</html>
`);
