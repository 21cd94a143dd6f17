/**
 * The packages in pages of Chromium and Firefox: isolated, with a module worker and a service worker; not isolated; with a strict content
 * security policy that allows WebAssembly; and with one that does not. What has a seed must be as in Node, to the last bit.
 */
import { bare } from "./bare.mjs";
import { inBrowser } from "./browser.mjs";
import { bundle } from "./bundle.mjs";
import { seededOnAll } from "./suite.mjs";

const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const strict = (scripts) => ({
  "Content-Security-Policy": `default-src 'none'; script-src 'self'${scripts}; connect-src 'self'; worker-src 'self'; base-uri 'none'; require-trusted-types-for 'script'`,
});

/** Name, what the address asks for, headers, whether WebAssembly may be compiled, and whether workers may be made of text. */
export const situations = [
  { name: "isolated, with workers", ask: "?all&workers", headers: isolated, hasWasm: true, hasThreads: true },
  { name: "not isolated", ask: "", headers: {}, hasWasm: true, hasThreads: false },
  {
    name: "strict policy",
    ask: "",
    headers: { ...isolated, ...strict(" 'wasm-unsafe-eval'") },
    hasWasm: true,
    hasThreads: false,
  },
  { name: "strict policy, no WebAssembly", ask: "?plain", headers: { ...isolated, ...strict("") }, hasWasm: false },
];

/** The files of the site, made once. */
let site;
async function files() {
  site ??= Promise.all([
    bundle("page.mjs", { format: "es" }),
    bundle("worker.mjs", { format: "es" }),
    bundle("service-worker.mjs", { format: "iife" }),
  ]);
  const [page, worker, service] = await site;
  const all = {
    "/index.html": '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.mjs"></script>',
    "/page.mjs": page,
    "/worker.mjs": worker,
    "/service-worker.js": service,
  };
  return (path) => all[path];
}

/** Firefox has no relaxed SIMD, which is looked for first. */
const NO_WASM = /: this runtime( refuses to compile WebAssembly|'s WebAssembly has no relaxed SIMD)/;

/** What differs from Node by name, and what failed. */
function failuresOf(
  { error, bare: theirs, seeded: numbers, reasons, threads, kernels },
  { hasWasm, hasThreads },
  here,
) {
  if (error) return [error];
  const failures = [];
  const compare = (what, theirs, ours) => {
    for (const [name, value] of Object.entries(ours)) {
      if (JSON.stringify(theirs[name]) !== JSON.stringify(value)) {
        failures.push(`${what}${name} is ${JSON.stringify(theirs[name])}, in Node ${JSON.stringify(value)}`);
      }
    }
  };
  compare("", theirs, here.bare);
  for (const [kernels, each] of Object.entries(numbers)) compare(`on ${kernels} kernels, `, each, here.seeded[kernels]);
  if (!hasWasm) {
    for (const [name, reason] of Object.entries(reasons)) {
      if (!NO_WASM.test(reason)) {
        failures.push(`${name}: ${reason}`);
      }
    }
    return failures;
  }
  for (const outcome of Object.values(kernels)) failures.push(...outcome.failures);
  const wanted = hasThreads ? 2 : 1;
  if (threads !== wanted) failures.push(`${threads} threads, not ${wanted}`);
  return failures;
}

/** How many things were compared. */
const countOf = ({ bare: theirs = {}, seeded: numbers = {}, reasons = {}, kernels = {} }) =>
  Object.keys(theirs).length +
  Object.values(numbers).reduce((sum, each) => sum + Object.keys(each).length, 0) +
  Object.keys(reasons).length +
  Object.values(kernels).reduce((sum, { passed }) => sum + passed, 0);

/** What Node gives. */
let here;

/** @returns how much passed in all places of a situation, and the failures */
export async function inPages(executable, situation) {
  here ??= { bare: await bare(), seeded: await seededOnAll() };
  const { isolated, ...places } = await inBrowser(executable, await files(), {
    start: `/index.html${situation.ask}`,
    headers: situation.headers,
    limit: 240_000,
  });
  const failures = Object.entries(places).flatMap(([place, outcome]) => {
    // Service workers start no workers.
    const hasThreads = situation.hasThreads && place !== "service worker";
    return failuresOf(outcome, { ...situation, hasThreads }, here).map((failure) => `${place}: ${failure}`);
  });
  const wanted = "Cross-Origin-Opener-Policy" in situation.headers;
  if (isolated !== wanted) failures.push(`the page is ${isolated ? "" : "not "}isolated`);
  return { passed: Object.values(places).reduce((sum, outcome) => sum + countOf(outcome), 0), failures };
}
