#!/usr/bin/env bash
# Takes the pictures in docs/screens and the contact sheets in docs/sheets anew and runs axe-core over every screen. Needs Chromium and, once, `npm ci` in conformance/rp/node.
set -euo pipefail
cd "$(dirname "$0")/.."
axe=conformance/rp/node/node_modules/axe-core/axe.min.js
[ -f "$axe" ] || (cd conformance/rp/node && npm ci)
JEDAN_SHEETS=$PWD/docs/sheets "${GO:-go}" test -count=1 -timeout 60m -run TestLayout ./web
JEDAN_AXE=$axe JEDAN_SHOTS=docs/screens exec "${GO:-go}" test -count=1 -timeout 60m -run TestScreens ./conformance/browser
