#!/usr/bin/env bash
# Runs the conformance suite irctest on chatroomd: run.sh CHECKOUT [pytest arguments].
# CHECKOUT is a clone of https://github.com/progval/irctest whose requirements are installed.
# Implementation-specific and deprecated tests are left out, and of those that need accounts the ones
# for services of other servers and for servers on which several clients have one nick.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
checkout=$1
shift

cargo build --locked --bin chatroomd
target=${CARGO_TARGET_DIR:-$here/../../target}
export CHATROOMD=${CHATROOMD:-$target/debug/chatroomd}
export PYTHONPATH=$checkout:$here
cd "$checkout"
exec python3 -m pytest --controller chatroomd_controller --quiet -rf --tb=short \
    -m 'not implementation-specific and not deprecated' \
    --deselect irctest/server_tests/read_marker.py::ReadMarkerServiceTestCase \
    "$@" irctest/server_tests
