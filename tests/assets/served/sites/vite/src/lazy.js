import './lazy.css';

export function render() {
    const rows = ['apple', 'pear', 'quince'].map((fruit, index) => `<li class="fruit">${index + 1}. ${fruit}</li>`);
    return `<h1>Lazy</h1><ul>${rows.join('\n')}</ul>`;
}
