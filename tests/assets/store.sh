# A strict S3 server on this machine, from crates.io: signatures, digests and conditions are checked. To be sourced.
# shellcheck shell=bash
export AWS_ACCESS_KEY_ID=deployer AWS_SECRET_ACCESS_KEY=not-to-be-seen AWS_REGION=us-east-1
s3_server=${S3_SERVER:-$HOME/.cache/cargo-perfbudget-tests/s3s-fs-0.14.1/bin/s3s-fs}

# Installs it, where it is not there.
need_s3() {
    [ -x "$s3_server" ] || cargo install --quiet s3s-fs@0.14.1 --features binary --locked --root "${s3_server%/bin/*}"
}

# serve_s3 BUCKET PORT: starts it with an empty bucket, below `s3-PORT` of `S3_HOME`, or of this folder.
serve_s3() {
    need_s3
    mkdir -p "${S3_HOME:-.}/s3-$2/$1"
    again_s3 "$2"
}

# again_s3 PORT: starts it again on what it had.
again_s3() {
    "$s3_server" --access-key "$AWS_ACCESS_KEY_ID" --secret-key "$AWS_SECRET_ACCESS_KEY" --host 127.0.0.1 --port "$1" "${S3_HOME:-.}/s3-$1" >"s3-$1.log" 2>&1 &
    s3_pid=$!
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.1
    done
    cat "s3-$1.log"
    return 1
}

stop_s3() { kill "$s3_pid" 2>/dev/null || true; }
