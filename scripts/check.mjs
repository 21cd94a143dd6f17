/**
 * What `npm test` checks before the tests run: types, lint and format, all at once. The folder .cache holds what is known of files that did
 * not change. Exit code 1 if any of the three finds something; each says what.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const checks = [
  ["typescript/bin/tsc", "-p", "packages/playground", "--incremental", "--tsBuildInfoFile", ".cache/page.tsbuildinfo"],
  ["typescript/bin/tsc", "-p", "tsconfig.tests.json", "--incremental", "--tsBuildInfoFile", ".cache/tests.tsbuildinfo"],
  ["eslint/bin/eslint.js", ".", "--cache", "--cache-strategy", "content", "--cache-location", ".cache/eslint"],
  [
    "prettier/bin/prettier.cjs",
    "--check",
    ".",
    "--log-level",
    "warn",
    "--cache",
    "--cache-location",
    ".cache/prettier",
  ],
];

/** Runs a tool and prints what it says when it ends, so that two do not talk at once. */
function run([script, ...options]) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "node_modules", script), ...options], { cwd: root });
    let said = "";
    child.stdout.on("data", (data) => (said += data));
    child.stderr.on("data", (data) => (said += data));
    child.on("error", reject);
    child.on("close", (code) => {
      process.stdout.write(said);
      resolve(code === 0);
    });
  });
}

const passed = await Promise.all(checks.map(run));
process.exitCode = passed.every(Boolean) ? 0 : 1;
