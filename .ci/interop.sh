#!/bin/bash
# Installs the js-libp2p peer of contrib/interop, where a fit Node is.
set -euo pipefail
cd "$(dirname "$0")/../contrib/interop"

version=$(node --version 2>/dev/null || echo v0)
major=${version#v}
if [ "${major%%.*}" -lt 20 ] || ! command -v npm >/dev/null; then
    echo "no Node 20 with npm here ($version): the js-libp2p peer is not tested"
    exit 0
fi
npm ci --ignore-scripts --cache "$CI_CACHE/npm"
