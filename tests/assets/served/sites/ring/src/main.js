import card from './card.module.css';
import load from './add.wasm?init';

const [{ go }, { back }, { exports }] = await Promise.all([import('./ring-a.js'), import('./ring-b.js'), load()]);
const ring = document.querySelector('#ring') ?? document.body.appendChild(document.createElement('p'));
ring.className = card.card;
ring.textContent = `Around: ${await go()}, ${await back()}; and ${exports.add(40, 2)}`;
