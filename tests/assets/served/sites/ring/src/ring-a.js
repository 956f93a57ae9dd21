// Two chunks that load each other: neither's name can have a hash of the other's alone.
export const names = ['a'];
export const go = async () => [...names, ...(await import('./ring-b.js')).names];
