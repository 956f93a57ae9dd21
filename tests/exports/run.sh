#!/usr/bin/env bash
# Every format of a report, real and hostile, read by the validators and readers that others use: SARIF by Microsoft's
# multitool with GitHub's rules, JUnit by the xsd of Jenkins' plugin and by junitparser, OpenMetrics by Prometheus' own
# client, JSON by check-jsonschema, CSV by Python. They come from npm and PyPI, into target/exports; nothing of theirs is
# kept in the repository. About 3 minutes once the tests are built.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
need npm npm
target=$(target_dir)
home=$target/exports
python=(check-jsonschema==0.39.0 xmlschema==4.3.2 junitparser==5.0.3 prometheus-client==0.26.0)
# The xsd of Jenkins' xUnit plugin is among pytest's own tests, which are in its source only.
xsd=pytest==9.0.2
multitool=@microsoft/sarif-multitool-linux@5.7.0
versions="${python[*]} $xsd $multitool"
if [ "$(cat "$home/versions" 2>/dev/null)" != "$versions" ]; then
    say "installing $versions into target/exports"
    rm -rf "$home" && mkdir -p "$home"
    make_venv "$home/python"
    "$home/python/bin/pip" install -q --disable-pip-version-check "${python[@]}"
    "$home/python/bin/pip" download -q --disable-pip-version-check --no-deps --no-binary :all: -d "$home" "$xsd"
    tar xzf "$home"/pytest-*.tar.gz -C "$home" --strip-components=3 --wildcards '*/junit-10.xsd'
    if [ "$(uname -sm)" = "Linux x86_64" ]; then
        (cd "$home" && npm install --no-save --no-audit --no-fund --loglevel=error --prefix "$home" "$multitool")
    fi
    echo "$versions" >"$home/versions"
fi

say "writing the reports"
rm -rf "$target/tmp/exports"
cargo test --quiet "${gate[@]}" --test e2e exports::
reports=$target/tmp/exports
"$home/python/bin/check-jsonschema" --check-metaschema cargo-perfbudget/schema/report.json asset-optimizer/schema/report.json
"$home/python/bin/check-jsonschema" --schemafile cargo-perfbudget/schema/report.json "$reports"/*/report.json
"$home/python/bin/python" tests/exports/read.py "$home/junit-10.xsd" "$reports"/*

say "SARIF, by Microsoft's validator, with GitHub's rules"
if [ -d "$home/node_modules" ]; then
    validator=$home/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
    chmod +x "$validator"
    for report in "$reports"/*/report.sarif; do
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$validator" validate "$report" --rule-kind "Sarif;Ghas" \
            --level "Error;Warning" --output "$report.validated" --log ForceOverwrite >/dev/null || true
        python3 tests/exports/validated.py "$report.validated"
    done
fi
echo "every format is read by those who take it"
