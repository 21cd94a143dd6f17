#!/bin/sh
# A tokenizer.json of type WordLevel may name an unk_token that is not in its vocabulary.
# Guess: @huggingface/tokenizers, the JavaScript library that transformers.js 4 uses, throws for an unknown word, or gives some id.
# Behaviour (0.2.0, seen in November 2026 on Node 20): encode() succeeds, and ids holds undefined: [ 0, undefined, 1 ].
set -e
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --ignore-scripts @huggingface/tokenizers@0.2.0
cat > check.mjs <<'JS'
import { Tokenizer } from "@huggingface/tokenizers";
const json = { version: "1.0", added_tokens: [], normalizer: null, pre_tokenizer: { type: "WhitespaceSplit" }, post_processor: null, decoder: null,
  model: { type: "WordLevel", vocab: { a: 0, b: 1 }, unk_token: "<unk>" } };
let ids;
try { ({ ids } = new Tokenizer(json, {}).encode("a z b")); } catch (error) { console.log("it throws:", error.message); process.exit(1); }
console.log(ids);
process.exit(ids.length === 3 && ids[1] === undefined ? 0 : 1);
JS
node check.mjs && echo "as found: ids hold undefined" || { echo "CHANGED"; exit 1; }
