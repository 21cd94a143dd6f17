/** Freed memory is used again: counted in pages that the system had to provide anew, in a process of its own. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

/** `npm test` builds the packages first. */
const [core, wasm] = ["../../core/dist/index.js", "../dist/index.js"].map(
  (path) => new URL(path, import.meta.url).href,
);

/**
 * Prints the pages of 4 KiB that a softmax of 256 of them took from the system: the mean over 20 times 8, which are freed together, behind as
 * many others. 8 MiB are more than glibc keeps by itself, twice the largest block that was freed.
 */
const program = `
  import { tensor } from "${core}";
  import { enableWasm } from "${wasm}";
  await enableWasm();
  const x = tensor(Float32Array.from({ length: 2 ** 18 }, (_, i) => i % 7), [512, 512]);
  const pages = () => {
    const before = process.resourceUsage().minorPageFault;
    for (let i = 1; i <= 160; i++) {
      x.softmax();
      if (i % 8 === 0) gc();
    }
    return (process.resourceUsage().minorPageFault - before) / 160;
  };
  pages();
  console.log(pages());
`;

/** Only glibc is asked to keep what is freed. */
const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
if (!glibcVersionRuntime) console.warn("skipped: no glibc here, memory that was freed is not kept");

it.skipIf(!glibcVersionRuntime)("results are put where earlier ones were", () => {
  const pages = Number(
    execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", program], { encoding: "utf8" }),
  );
  expect(pages).toBeLessThan(48);
});
