export const names = ['b'];
export const back = async () => [...names, ...(await import('./ring-a.js')).names];
