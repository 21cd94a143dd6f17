#!/bin/sh
# A package may have an ES module under the condition "module-sync" and, behind it, a CommonJS file under "require", for those that cannot
# `require` ES modules. Guess: Bun, whose `require` loads ES modules, takes "module-sync" as Node 20.19 and newer and Deno do.
# Behaviour (Bun 1.4.4, seen in November 2026): Bun does not know "module-sync" and takes "require"; its own condition "bun" is taken.
set -e
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --ignore-scripts @oven/bun-linux-x64@1.4.4
mkdir -p node_modules/x
cat > node_modules/x/package.json <<'JSON'
{ "name": "x", "version": "1.0.0", "type": "module", "exports": { "module-sync": "./esm.js", "require": "./other.cjs", "default": "./esm.js" } }
JSON
echo 'export const from = "module-sync";' > node_modules/x/esm.js
echo 'exports.from = "require";' > node_modules/x/other.cjs
echo 'console.log(require("x").from);' > a.cjs
node=$(node a.cjs); bun=$(node_modules/@oven/bun-linux-x64/bin/bun a.cjs)
echo "Node $(node --version): $node; Bun: $bun"
[ "$node" = module-sync ] && [ "$bun" = require ] && echo "as found: Bun takes require" || { echo "CHANGED"; exit 1; }
