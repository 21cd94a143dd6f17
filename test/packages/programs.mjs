/** The README's first program in other runtimes and in a page without a bundler, from the packages that npm installed. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf, inBrowser } from "../runtimes/browser.mjs";
import { firstProgram, itsLines, run } from "./installs.mjs";

/** What a page needs to find the packages in node_modules. */
const imports = {
  "@selectron/core": "/node_modules/@selectron/core/dist/index.js",
  "@selectron/nn": "/node_modules/@selectron/nn/dist/index.js",
  "@selectron/rasp": "/node_modules/@selectron/rasp/dist/index.js",
  "@bufbuild/protobuf/wire": "/node_modules/@bufbuild/protobuf/dist/esm/wire/index.js",
};
const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
const lines = [];
console.log = (value) => lines.push(JSON.stringify(value));
await import("/first.mjs");
await fetch("/found", { method: "POST", body: JSON.stringify(lines) });
</script>`;

/** @param wide - also in other versions of Node, and in Firefox */
export async function programs({ root, npmProject, home, tools, browsers, wide }) {
  const lines = itsLines(firstProgram(root));
  const plain = (text) => text.replace(/\s/g, "");
  const hosts = [
    ["Bun", join(tools, "@oven/bun-linux-x64/bin/bun"), "run"],
    ["Deno", join(tools, "@deno/linux-x64-glibc/deno"), "run", "--quiet"],
    ...(wide ? ["node-22", "node-24"].map((name) => [name, join(tools, name, "bin/node")]) : []),
  ];
  const outcomes = hosts.map(([name, ...command]) => {
    try {
      const printed = run(npmProject, home, ...command, "first.mjs");
      const failures = plain(printed) === plain(lines.join("")) ? [] : [`it printed\n${printed}`];
      return { name, passed: lines.length, failures };
    } catch (error) {
      return { name, passed: 0, failures: [error.message] };
    }
  });
  for (const name of wide ? ["chromium", "firefox"] : ["chromium"]) {
    const files = (path) => (path === "/index.html" ? PAGE : filesOf(npmProject)(path));
    try {
      const found = await inBrowser(browsers[name], files);
      const failures = plain(found.join("")) === plain(lines.join("")) ? [] : [`it printed ${found.join("; ")}`];
      outcomes.push({ name, passed: lines.length, failures });
    } catch (error) {
      outcomes.push({ name, passed: 0, failures: [error.message] });
    }
  }
  return outcomes;
}

/** Node 18 and Jest cannot `require` ES modules, and are told what to do. */
export function olderHosts({ npmProject, tools }) {
  const says = "@selectron/rasp is an ES module, which `require` cannot load here.";
  const outcome = (name, command, ...options) => {
    const { stdout, stderr } = spawnSync(command, options, { cwd: npmProject, encoding: "utf8" });
    const said = stdout + stderr;
    return { name, passed: 1, failures: said.includes(says) ? [] : [`it said ${said.slice(0, 500)}`] };
  };
  mkdirSync(join(npmProject, "jest"), { recursive: true });
  writeFileSync(join(npmProject, "jest/a.test.cjs"), 'test("a", () => void require("@selectron/rasp"));\n');
  const jest = ["--rootDir=.", "--testMatch=**/*.test.cjs"];
  return [
    outcome("Node 18", join(tools, "node-18/bin/node"), "--eval", 'require("@selectron/rasp")'),
    outcome("Jest", process.execPath, join(tools, "jest/bin/jest.js"), ...jest),
  ];
}
