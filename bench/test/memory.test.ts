/**
 * Resident memory over many steps, in processes of their own: in the one that runs the tests, what other tests left moves it by more than a leak.
 * `npm test` builds what these processes import.
 */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { breadth } from "../../test/long.js";
import { memoryPlaces } from "../src/suites/memory.js";

const suite = new URL("../dist/suites/memory.js", import.meta.url).href;

/** As `npm run soak`: V8's young generation has its size from the start, and glibc gives back what is freed, which `enableWasm` has it keep. */
const FLAGS = ["--max-semi-space-size=1", "--input-type=module", "--eval"];
const STEADY = { MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536" };

/** In megabytes; what was seen is from -1.3 to 1.3. */
const ALLOWED = 8;

/** Runs statements that call `report` with what they found. */
function inProcess(statements: string): number[] {
  const program = `
    import { full, ones } from "@selectron/core";
    import { enableWasm } from "@selectron/wasm-simd";
    import { memoryAfter, memoryStep } from "${suite}";
    const report = (...numbers) => console.log(JSON.stringify(numbers));
    ${statements}`;
  const options = {
    encoding: "utf8",
    cwd: new URL("..", import.meta.url),
    env: { ...process.env, ...STEADY },
  } as const;
  return JSON.parse(execFileSync(process.execPath, [...FLAGS, program], options)) as number[];
}

describe("resident memory over training steps", () => {
  it.each(memoryPlaces)("is flat on the place %s", (place) => {
    const [before, after] = inProcess(`report(...memoryAfter(await memoryStep("${place}"), [500, 1000]));`);
    expect(after! - before!).toBeLessThan(ALLOWED);
  });

  it("is flat over small operations, whose operands are new, and move to linear memory", () => {
    const [least, most] = [2000, breadth({ short: 5000, long: 50_000 })];
    // A step has 20 operations; the first 1,600 of these matrices fill the room that one job has.
    const [before, after, sum] = inProcess(`
      await enableWasm();
      const row = ones([1, 64]);
      let sum = 0;
      const step = () => {
        const w = full([64, 80], 0.5);
        for (let i = 0; i < 4; i++) sum += row.matmul(w).add(1).relu().mul(2).sum().item();
      };
      report(...memoryAfter(step, [${least}, ${most}]), sum);`);
    expect(after! - before!).toBeLessThan(ALLOWED);
    expect(sum).toBe(most * 4 * 80 * 2 * 33);
  });

  it("shows a leak of 256 KB a step", () => {
    const [before, after] = inProcess(`
      const kept = [];
      report(...memoryAfter(() => kept.push(new Float32Array(65_536).fill(1)), [500, 1000]), kept.length);`);
    expect(after! - before!).toBeGreaterThan(ALLOWED);
  });
});
