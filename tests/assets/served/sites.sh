# Sourced by served.sh: makes each site in its own folder, with real packages and real builds. Each prints what a visitor does.
# shellcheck shell=bash
pages=$here/served/sites

# unpacked FOLDER PACKAGE: an npm package as it was published.
unpacked() {
    mkdir -p "$1"
    (cd "$1" && npm pack --silent "$2" >/dev/null && tar xzf ./*.tgz --strip-components=1 && rm ./*.tgz)
}
make_bootstrap() {
    unpacked packages/bootstrap bootstrap@5.3.8
    mkdir -p "$1/css" "$1/js"
    cp packages/bootstrap/dist/css/bootstrap.css{,.map} "$1/css"
    cp packages/bootstrap/dist/js/bootstrap.bundle.js{,.map} "$1/js"
    cp "$pages/bootstrap.html" "$1/index.html"
    : >"$1/favicon.ico"
    echo '[{"go":"/","expect":"is here"},{"click":".accordion-button","expect":"that a script opens"},{"click":"#more","expect":"An item of a menu"}]'
}
make_swagger() {
    unpacked "$1" swagger-ui-dist@5.35.0
    cp "$pages/openapi.json" "$1"
    # What nobody loads, and what is seen to elsewhere: other bundles, and maps.
    rm "$1"/*.map "$1"/swagger-ui-es-bundle* "$1"/swagger-ui.js
    # Its own example is on the network.
    sed -i 's|https://petstore.swagger.io/v2/swagger.json|openapi.json|; s|layout:|validatorUrl: null, layout:|' "$1/swagger-initializer.js"
    echo '[{"go":"/","expect":"One fruit"},{"click":".opblock-summary-control","expect":"Parameters"}]'
}
# built FOLDER SITE: a build by Vite.
built() {
    cp -r "$pages/$2" "packages/$2"
    npm install --prefix "packages/$2" --silent --no-audit --no-fund vite@8.3.8 >&2
    (cd "packages/$2" && node_modules/.bin/vite build --logLevel error) >&2
    cp -r "packages/$2/dist" "$1"
}
make_vite() {
    built "$1" vite
    echo '[{"go":"/","expect":"Hello from"},{"go":"/","expect":"says 6765"},{"click":"#lazy","expect":"3. quince"}]'
}
# Chunks that load each other, a CSS module and WebAssembly.
make_ring() {
    built "$1" ring
    echo '[{"go":"/","expect":"Around: a,b, b,a; and 42"}]'
}
# Written by hand: pages in folders, import maps, cycles of dynamic imports, workers, a policy with hashes.
make_orchard() {
    mkdir -p packages
    cp -r "$pages/../../../../fixtures/sites/orchard" "$1"
    [ -d packages/lato ] || unpacked packages/lato @fontsource/lato@5.2.7
    mkdir "$1/fonts"
    for kind in woff woff2; do cp "packages/lato/files/lato-latin-400-normal.$kind" "$1/fonts/leaf.$kind"; done
    echo '[{"go":"/","expect":"sum 210"},{"click":"#more","expect":"quince"},{"go":"/shop/","expect":"Shop"},{"go":"/about.html","expect":"About"},{"click":"a","expect":"Soil"}]'
}
# The frontend of the demo: modules seven deep, two that only a click loads, and style sheets that import each other.
make_storefront() {
    cp -r "$pages/../../../../fixtures/storefront/web" "$1"
    echo '[{"go":"/","expect":"Together"},{"click":"#checkout","expect":"The fruit shop"},{"go":"/orchards.html","expect":"Three hillsides"}]'
}
# Images in a text, beside one, in a row, and alone.
make_pictures() {
    node drawn/pictures.mjs "$1"
    echo '[{"go":"/","expect":"All are here"}]'
}
# A page that React has rendered on a server, and that it compares with its own, blank by blank.
make_hydrated() {
    npm install --prefix drawn --silent --no-audit --no-fund --ignore-scripts react@18.3.1 react-dom@18.3.1 >&2
    mkdir "$1"
    for name in react react-dom; do cp "drawn/node_modules/$name/umd/$name.production.min.js" "$1/$name.js"; done
    node drawn/hydrated.mjs "$1"
    echo '[{"go":"/","expect":"two blanks"},{"click":"#more","expect":"Count 1"}]'
}
# Files whose names mean something in a server's configuration, and a page that loads them all.
make_odd() {
    node "$pages/odd.mjs" "$1"
    echo '[{"go":"/","expect":"all are here"}]'
}
# Written by hand: seven modules behind the first one, each named by the one before it only, and a font behind three sheets.
make_ladder() {
    mkdir -p packages
    cp -r "$pages/../../../../fixtures/sites/ladder" "$1"
    [ -d packages/lato ] || unpacked packages/lato @fontsource/lato@5.2.7
    mkdir "$1/fonts"
    cp packages/lato/files/lato-latin-400-normal.woff2 "$1/fonts/leaf.woff2"
    echo '[{"go":"/","expect":"3: quince"}]'
}
make_three() {
    unpacked "$1" three@0.187.0
    cp "$pages/three.html" "$1/index.html"
    echo '[{"go":"/","expect":"decoder true"}]'
}
make_fontawesome() {
    unpacked "$1" @fortawesome/fontawesome-free@7.3.1
    cp "$pages/fontawesome.html" "$1/index.html"
    echo '[{"go":"/"}]'
}
make_resvg() {
    unpacked "$1" @resvg/resvg-wasm@2.6.2
    cp "$pages/resvg.html" "$1/index.html"
    echo '[{"go":"/","expect":"drawn in 300 by 300"}]'
}
make_lightningcss() {
    unpacked "$1" lightningcss-wasm@1.33.0
    unpacked "$1/napi-wasm" napi-wasm@1.1.3
    cp "$pages/lightningcss.html" "$1/index.html"
    echo '[{"go":"/","expect":"made a{color:red;margin:0}"}]'
}
make_streamlit() {
    pip download --quiet --no-deps streamlit==1.67.0 -d packages >&2
    python3 -m zipfile -e packages/streamlit-*.whl packages/streamlit >&2
    cp -r packages/streamlit/streamlit/static "$1"
    echo '[{"go":"/"}]'
}
# The book that comes with Rust's own documentation: what mdBook makes, with its search.
make_mdbook() {
    cp -r "$(rustc --print sysroot)/share/doc/rust/html/book" "$1"
    echo '[{"go":"/index.html","expect":"The Rust Programming Language"},{"go":"/ch04-01-what-is-ownership.html","expect":"What Is Ownership"},{"click":"#mdbook-theme-toggle"}]'
}
make_sphinx() {
    make_venv packages/sphinx >&2
    packages/sphinx/bin/pip install --quiet sphinx==8.1.3 furo==2024.8.6 >&2
    mkdir packages/docs
    printf 'project = "Docs"\nhtml_theme = "furo"\nextensions = ["sphinx.ext.autodoc"]\n' >packages/docs/conf.py
    printf 'Docs\n====\n\n.. toctree::\n\n   more\n\nSome ``code`` and *words*::\n\n    def f(x):\n        return  x\n' >packages/docs/index.rst
    printf 'More\n====\n\n====  ====\nName  Cost\n====  ====\na     1\nb     2\n====  ====\n\n.. autofunction:: json.dumps\n' >packages/docs/more.rst
    packages/sphinx/bin/sphinx-build -q packages/docs "$1" >&2
    : >"$1/favicon.ico"
    echo '[{"go":"/index.html","expect":"Some code"},{"go":"/more.html","expect":"Cost"},{"go":"/search.html?q=words","expect":"Search"}]'
}
