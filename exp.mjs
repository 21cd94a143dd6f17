// usage: node exp.mjs key=value ...
import { Rng, noGrad, scope } from "@selectron/core";
import { AdamW, cosine, linear, train, TransformerEncoder } from "@selectron/nn";
import { load, ProgramTask, programPass, programAccuracy } from "@selectron/rasp";
import { enableWasm } from "@selectron/wasm-simd";
import { readFileSync, writeFileSync } from "node:fs";
const o = { file: "examples/04-sort.rasp", sop: "sort_bos", bos: "§", vocab: "a,b,c,d,e,f,g,h,i,j", max: 20, seed: 1, steps: 2500, batch: 50, peak: 3e-3,
  d: 64, ff: 256, sup: 1, wd: 0.01, beta2: 0.98, sched: "cosine", floor: 0.01, every: 500, threads: 1, warm: 100, clip: 1, test: 40, log: "", eps: 1e-8, norm:"pre", anneal: 0 };
for (const a of process.argv.slice(2)) { const [k, v] = a.split("="); o[k] = typeof o[k] === "number" ? Number(v) : v; }
await enableWasm(o.threads > 1 ? { threads: o.threads } : {});
const vocabulary = o.vocab.split(",");
const bos = o.bos === "none" ? undefined : o.bos;
const env = load(readFileSync(o.file, "utf8"), { example: [...(bos ? [bos] : []), ...vocabulary] });
const task = new ProgramTask(env.sop(o.sop), { vocabulary, maxLength: o.max, bos });
const model = new TransformerEncoder(task.config({ dModel: o.d, dFf: o.ff }), new Rng(o.seed));
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1e6; };
const peak = o.peak;
const mk = { cosine, linear }[o.sched];
const c0 = cpu();
let ema = 0, now = 0;
await train({
  optimizer: new AdamW(model.parameters(), { beta2: o.beta2, weightDecay: o.wd, epsilon: o.eps }),
  schedule: mk({ peak, warmup: Math.min(o.warm, o.steps), steps: o.steps, floor: peak * o.floor }),
  steps: o.steps, seed: o.seed, clip: o.clip,
  forward: (rng) => { const w = o.sup * (o.anneal > 0 ? Math.max(0, 1 - now++ / (o.anneal * o.steps)) : 1);
    return programPass(model, task, task.draw(rng, o.batch, { patterns: w > 0, varied: true }), w); },
  onStep: (r) => { ema = 0.98 * ema + 0.02 * r.loss; if (r.step % o.every === 0) console.log(r.step, ema.toFixed(4), (cpu() - c0).toFixed(0), "s"); },
  evaluation: { every: o.every, accuracy: () => { const a = programAccuracy(model, task, new Rng(20_260_002), 10); console.log("  acc", (100 * a.tokens).toFixed(3), (100 * a.sequences).toFixed(2)); return a.tokens; } },
});
const end = cpu() - c0;
const a = programAccuracy(model, task, new Rng(20_260_003), o.test);
console.log(JSON.stringify(o));
console.log("RESULT", process.argv.slice(2).join(" "), "tokens", (100 * a.tokens).toFixed(3), "seqs", (100 * a.sequences).toFixed(2), "cpu", end.toFixed(0));
// by length
if (o.analyse) {
  const by = {}, byPos = {};
  const rng = new Rng(77);
  let ties = [0, 0], conf = {};
  for (let i = 0; i < 200; i++) {
    const { tokens, targets } = task.draw(rng, 20);
    const ans = scope(() => noGrad(() => Float32Array.from(model.forward(tokens).argmax().data)));
    const n = tokens[0].length;
    by[n] ??= [0, 0];
    tokens.forEach((row, b) => row.forEach((t, j) => {
      by[n][1]++; const k = b * n + j;
      if (ans[k] !== targets[k]) { by[n][0]++; byPos[j] = (byPos[j] ?? 0) + 1;
        const edge = (j + 1 < n && targets[k + 1] !== targets[k]) || (j > 0 && targets[k - 1] !== targets[k]); ties[edge ? 1 : 0]++; }
    }));
  }
  console.log("by length", Object.entries(by).map(([n, [w, c]]) => `${n}:${(100 * w / c).toFixed(2)}`).join(" "));
  console.log("by pos", JSON.stringify(byPos), "edges", ties);
}
