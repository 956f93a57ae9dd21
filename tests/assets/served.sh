#!/usr/bin/env bash
# Sites before and after optimizing, without and with hints, digests and lossless WebP, served by nginx and Caddy as `manifest` tells them, asked by a client
# for every file in every encoding, and visited with headless Chromium: headers as in the manifest, the same texts and pictures, no error, bodies of
# fewer bytes.
# usage: served.sh [OPTIMIZER [SITE…]]; with AXUM=1 also from an axum server, which is compiled for it
set -euo pipefail
[ $# -eq 0 ] || optimizer=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/setup.sh
need node nodejs
need npm npm
need zstd zstd
need chromium chromium
need python3 python3
# Debian's nginx with the module that answers from `.br` files.
need nginx nginx
[ -e /usr/lib/nginx/modules/ngx_http_brotli_static_module.so ] || need nginx-brotli libnginx-mod-http-brotli-static
need caddy caddy
here=$PWD/tests/assets
[ $# -gt 0 ] || build_optimizer
sites=(bootstrap swagger vite ring orchard storefront ladder odd pictures hydrated)
[ $# -lt 2 ] || sites=("${@:2}")
if [ -n "${AXUM:-}" ]; then
    say "compiling an axum server"
    axum=${AXUM_TARGET:-$(target_dir)/tmp/axum}
    (cd "$here/axum" && CARGO_TARGET_DIR=$axum cargo build --locked -q)
    AXUM=$axum/debug/served
    export AXUM
fi
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir packages sites out
cp "$here"/served/*.mjs .
mkdir drawn && cp "$here"/served/sites/{pictures,hydrated}.mjs drawn
npm install --silent --no-audit --no-fund --ignore-scripts playwright-core@1.65.1 pixelmatch@7.2.0 pngjs@7.0.0
. "$here/served/sites.sh"

for site in "${sites[@]}"; do
    say "$site"
    steps=$("make_$site" "sites/$site")
    # Nobody answers streamlit's own requests here.
    [ "$site" = streamlit ] && may=true || may=false
    printf '%s\n' "\"$site\": {\"steps\": $steps, \"mayFail\": $may}" >>told
    began=$SECONDS
    "$optimizer" optimize "sites/$site" --out "out/$site" --cache cache >said || { cat said; exit 1; }
    tail -n 4 said
    "$optimizer" optimize "sites/$site" --out "out/$site-hints" --cache cache --hints --sri --images --avif-quality 0 >said || { cat said; exit 1; }
    grep -E '^  (hints|digests|formats of today): ' said
    for out in "$site" "$site-hints"; do
        for format in nginx nginx-map caddy links; do
            "$optimizer" manifest "out/$out" --format $format --output "rules/$out/$format"
        done
    done
    echo "-- optimized in $((SECONDS - began)) s"
done
paste -s -d, told | sed 's/^/{/; s/$/}/' >sites/sites.json
say "served and visited"
node main.mjs sites "$work"
if [[ " ${sites[*]} " == *" storefront "* ]]; then
    say "visited again after a change, and with a byte too many"
    sed -i 's/const MOST = 8/const MOST = 9/' sites/storefront/js/search/find.js
    "$optimizer" optimize sites/storefront --out out/changed --cache cache --hints --sri --quiet
    mkdir -p rules/both
    ln -s ../storefront-hints rules/both/1
    for format in nginx nginx-map caddy links; do "$optimizer" manifest out/changed --format $format --output rules/both/2/$format; done
    node again.mjs out/storefront-hints out/changed rules/both again js/search/find.js
fi
if [[ " ${sites[*]} " == *" vite "* ]]; then
    say "pages of a backend that reads Vite's list"
    make_venv packages/django
    packages/django/bin/pip install --quiet django==5.2.19 django-vite==3.2.0
    entry=$(cd sites/vite && echo assets/index-*.js)
    "$optimizer" manifest out/vite --format vite --output listed.json
    # The list of the build, with the names of today, and the one of our own, by what the build called files.
    cp -r out/vite made
    for made in "out/vite/.vite/manifest.json index.html rewritten" "listed.json $entry own"; do
        read -r list asked name <<<"$made"
        packages/django/bin/python "$here/served/backend.py" "$PWD/$list" "$asked" out/vite/index.html "made/$name.html"
    done
    node backend.mjs sites made rules/vite backend rewritten own
fi
if [[ " ${sites[*]} " == *" pictures "* ]]; then
    "$optimizer" optimize sites/pictures --out out/modern --cache cache --images --quiet
    for format in nginx nginx-map caddy links; do "$optimizer" manifest out/modern --format $format --output rules/modern/$format; done
    node modern.mjs sites/pictures out/modern rules/modern modern
fi
echo "${#sites[@]} passed, 0 failed"
