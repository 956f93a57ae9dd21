import './style.css';
import picture from './picture.svg?url';
import drawing from './drawing.svg?raw';

class Greeting {
    constructor(name) {
        this.name = name;
    }
    toString() {
        return `Hello from ${this.constructor.name}, ${this.name}: ${new URL('./note.txt', import.meta.url).pathname.endsWith('.txt')}`;
    }
}

const routes = {
    '/': async () => `<h1>Home</h1><img src="${picture}" width="60" height="60" alt="a circle"> ${drawing}`,
    '/lazy': async () => (await import('./lazy.js')).render(),
};
async function show() {
    const route = routes[location.hash.slice(1) || '/'];
    document.querySelector('#app').innerHTML = await route();
    document.querySelector('#app').append(String(new Greeting('Vite')));
}
addEventListener('hashchange', show);
show();

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => (document.querySelector('#worker').textContent = `The worker says ${data}`);
worker.postMessage(20);
