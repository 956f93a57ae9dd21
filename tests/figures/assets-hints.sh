#!/usr/bin/env bash
# Figure: first visits over a slow line (1.6 Mbit/s down, 150 ms a request, by Chromium's own throttling) to the same output
# without and with `--hints`, in turns: until the load event, until something is shown, and how much the layout shifts.
# The demo's frontend (fixtures/storefront/web) has an import depth of 6: ten modules behind the first one, the last of them six
# imports away; ladder has seven in a row, and a font behind three style sheets.
# usage: assets-hints.sh [OPTIMIZER [SITE…]]; PAIRS=10 visits of each
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
need chromium chromium
need nginx nginx
[ -e /usr/lib/nginx/modules/ngx_http_brotli_static_module.so ] || need nginx-brotli libnginx-mod-http-brotli-static
sites=(storefront ladder orchard streamlit mdbook)
[ $# -lt 2 ] || sites=("${@:2}")
cp "$here/hints.mjs" .
here=$here/../../assets
cp "$here"/served/*.mjs .
npm install --silent --no-audit --no-fund --ignore-scripts playwright-core@1.65.1
. "$here/served/sites.sh"
mkdir packages sites without with
for site in "${sites[@]}"; do
    say "$site"
    "make_$site" "sites/$site" >/dev/null
    "$optimizer" optimize "sites/$site" --out "without/$site" --encodings br,gzip --cache cache --quiet
    "$optimizer" optimize "sites/$site" --out "with/$site" --encodings br,gzip --cache cache --hints | grep '^  hints: '
    # Of a site with many pages, the first one that differs is visited.
    page=$(cd "without/$site" && find . -name '*.html' -size -64k | sort | while read -r path; do
        cmp -s "$path" "../../with/$site/$path" || { echo "${path#.}"; break; }
    done)
    if [ -z "$page" ]; then
        diff -r "without/$site" "with/$site" && echo "$site: no page has a hint that it had not: the same bytes, and nothing to measure"
        continue
    fi
    # The demo's bar is 60 % of the time; nowhere may it take longer than noise explains.
    case $site in storefront | ladder) bar=0.60 ;; *) bar=1.02 ;; esac
    node hints.mjs "$PWD" "$site" "$page" "${PAIRS:-10}" "$bar"
done
