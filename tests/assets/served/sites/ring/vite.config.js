// Chunks, maps and files of their own, as a larger app has them.
export default { base: './', build: { sourcemap: true, assetsInlineLimit: 0, manifest: true }, worker: { format: 'es' } };
