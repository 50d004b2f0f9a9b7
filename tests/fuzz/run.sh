#!/usr/bin/env bash
# Coverage-guided fuzzing; it needs `cargo install cargo-fuzz`. TARGET is wire, hub, grammar, session,
# safe, sasl, sts or layers.
#
#   run.sh TARGET SECONDS [options of libFuzzer]   searches for inputs that fail, and prints at the end
#                                                  how many were tried
#   run.sh keep TARGET                             stores those that together cover the most
#
# It works in target/fuzz: interesting inputs are in corpus/, failing inputs in artifacts/.
# SANITIZER=address checks memory as well; the crate forbids unsafe code, so that is slower
# and rarely worth it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=target/fuzz
# This enables the instrumentation in a compiler of the stable channel.
export RUSTC_BOOTSTRAP=1

keep() {
    cargo run --quiet --release --manifest-path tests/fuzz/Cargo.toml --target-dir "$work/keep" \
        --example keep -- "$@"
}

fuzz() {
    local target=$1
    shift
    cargo fuzz run --fuzz-dir tests/fuzz --target-dir "$work" --sanitizer "${SANITIZER:-none}" \
        "$target" "$@"
}

if [ "$1" = keep ]; then
    target=$2
    rm -rf "$work/merged/$target"
    mkdir -p "$work/merged/$target"
    fuzz "$target" "$work/merged/$target" "$work/corpus/$target" -- \
        -merge=1 -use_counters=0
    keep pack "$work/merged/$target" >"tests/fuzz/kept/$target.txt"
else
    target=$1 seconds=$2
    shift 2
    mkdir -p "$work/corpus/$target" "$work/artifacts/$target"
    keep unpack "$work/corpus/$target" <"tests/fuzz/kept/$target.txt"
    fuzz "$target" "$work/corpus/$target" -- -max_total_time="$seconds" -timeout=10 \
        -print_final_stats=1 \
        -artifact_prefix="$work/artifacts/$target/" "$@"
fi
