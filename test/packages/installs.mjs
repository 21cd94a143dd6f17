/** The packed packages in empty projects, with a new HOME, by each package manager. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The README's first program in TypeScript, which is JavaScript too. */
export const firstProgram = (root) => /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(root, "README.md"), "utf8"))[1];
/** What its comments say that it prints. */
export const itsLines = (program) => [...program.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);

/** How processes start: with a HOME of their own, and what leads to the registry. */
function settings(cwd, home) {
  const env = { PATH: process.env.PATH, HOME: home, CI: "true" };
  for (const name of Object.keys(process.env)) {
    if (/proxy|ca_|_cert|ssl/i.test(name)) env[name] = process.env[name];
  }
  return { cwd, env, encoding: "utf8", maxBuffer: 2 ** 26, timeout: 300_000 };
}

/** Runs a line in a shell. @returns what it printed, errors too, whatever its exit code is */
export const shell = (cwd, home, line) => spawnSync("sh", ["-c", `(${line}) 2>&1`], settings(cwd, home)).stdout;

/** Runs a command. @throws Error with what it said */
export function run(cwd, home, command, ...options) {
  const { status, stdout, stderr } = spawnSync(command, options, settings(cwd, home));
  if (status !== 0) {
    throw new Error(`${command} ${options.join(" ")}: exit ${status}: ${(stdout + stderr).slice(-2000)}`);
  }
  return stdout;
}

/**
 * The package managers by name. Each installs into a folder that has a package.json, and says how a script and a command run there. Yarn
 * is without node_modules (Plug'n'Play), pnpm without what a package does not ask for.
 *
 * @param tools - the folder of node_modules in which they are
 */
const managers = (tools) => ({
  npm: {
    install: ["npm", "install", "--no-audit", "--no-fund"],
    script: ["node"],
    command: ["npm", "exec", "--offline", "--", "selectron"],
  },
  pnpm: {
    install: [join(tools, ".bin/pnpm"), "install"],
    script: ["node"],
    command: [join(tools, ".bin/pnpm"), "exec", "selectron"],
  },
  yarn: {
    install: ["node", join(tools, "@yarnpkg/cli-dist/bin/yarn.js"), "install", "--no-immutable"],
    script: ["node", join(tools, "@yarnpkg/cli-dist/bin/yarn.js"), "node"],
    command: ["node", join(tools, "@yarnpkg/cli-dist/bin/yarn.js"), "selectron"],
  },
});

/** An empty project that wants the packed packages, and finds them in place of what a registry has under their names. */
function project(folder, tarballs, program) {
  mkdirSync(folder, { recursive: true });
  const write = (name, text) => writeFileSync(join(folder, name), text);
  const dependencies = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const manifest = { name: "consumer", version: "1.0.0", private: true, type: "module", dependencies };
  write("package.json", JSON.stringify({ ...manifest, resolutions: dependencies }, null, 2));
  write("pnpm-workspace.yaml", `overrides: ${JSON.stringify(dependencies)}\nstoreDir: ../store\n`);
  write(".yarnrc.yml", "enableTelemetry: false\nenableGlobalCache: false\n");
  write("yarn.lock", "");
  write("first.mjs", program);
}

/**
 * Installs with each package manager, and runs the README's first program, the command and a lesson that it brings.
 *
 * @param tarballs - paths by package
 * @returns outcomes by manager: what is wrong, nothing if all is well
 */
export function installs({ root, folder, home, tools, tarballs }) {
  const program = firstProgram(root);
  const wanted = itsLines(program).join("\n");
  return Object.entries(managers(tools)).map(([name, { install, script, command }]) => {
    const place = join(folder, name);
    project(place, tarballs, program);
    const failures = [];
    try {
      run(place, home, ...install);
      const printed = run(place, home, ...script, "first.mjs").trim();
      if (printed !== wanted) failures.push(`the README's first program printed\n${printed}\nnot\n${wanted}`);
      const said = run(place, home, ...command, "eval", "--expr", "tokens", "--input", "ab").trim();
      if (said !== "[a, b] (strings)") failures.push(`selectron eval printed ${said}`);
      run(place, home, ...command, "examples");
      const lesson = ["eval", "examples/01-reverse.rasp", "--sop", "reverse", "--input", "ab"];
      const reversed = run(place, home, ...command, ...lesson).trim();
      if (reversed !== "[b, a] (strings)") failures.push(`the first lesson printed ${reversed}`);
    } catch (error) {
      failures.push(error.message);
    }
    return { name, passed: 3, failures };
  });
}
