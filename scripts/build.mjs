/**
 * npm run build: the WebAssembly binaries, then every project of tsconfig.json. Where neither the sources nor the list of built files
 * have changed since the last build it does nothing. Afterwards `dist` holds what the sources give and nothing else: a file whose
 * source is gone is deleted, and a project with a missing file is compiled from scratch, as `tsc --build` does not look for it. What is
 * no source of TypeScript is copied, and so are the lessons, into the command's package.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Holds the digest of what was last built. */
const stamp = join(root, ".build-stamp");
const projects = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).references.map(({ path }) => path);

/** The lessons, and where the package of the command has them. */
const [lessons, packed] = ["examples", "packages/cli/examples"];

/** The files in a folder and below it, as sorted paths from there; none if there is no such folder. */
function filesIn(folder) {
  const place = join(root, folder);
  if (!existsSync(place)) return [];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(place.length + 1))
    .map((name) => name.split(sep).join("/"))
    .sort();
}

/** A SHA-256 of all that a build reads. */
function digest() {
  const files = ["package-lock.json", "tsconfig.json", "tsconfig.base.json", "scripts/build.mjs"];
  for (const project of projects) {
    files.push(`${project}/package.json`, `${project}/tsconfig.json`);
    for (const folder of ["src", "assembly", "scripts"]) {
      files.push(...filesIn(`${project}/${folder}`).map((name) => `${project}/${folder}/${name}`));
    }
  }
  const hash = createHash("sha256");
  files.push(...filesIn(lessons).map((name) => `${lessons}/${name}`));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** What lies beside the sources of a project and is part of it as it is: declarations and binaries. */
const copied = (name) => name.endsWith(".d.ts") || !name.endsWith(".ts");

/** The files that a project's `dist` lacks, and those that it has too many. */
function differences(project) {
  const endings = [".js", ".js.map", ".d.ts", ".d.ts.map"];
  const expected = filesIn(`${project}/src`).flatMap((name) =>
    copied(name) ? [name] : endings.map((ending) => name.replace(/\.ts$/, ending)),
  );
  const found = filesIn(`${project}/dist`);
  const [wanted, there] = [new Set(expected), new Set(found)];
  return {
    missing: expected.filter((name) => !there.has(name)),
    stray: found.filter((name) => !wanted.has(name)),
  };
}

/** Ends this process where the script fails. */
function run(script, ...options) {
  const { status } = spawnSync(process.execPath, [script, ...options], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function build() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  if (!existsSync(tsc)) {
    console.error("build: TypeScript is not installed.\n  help: run `npm ci` without --omit=dev; it builds, too");
    process.exit(2);
  }
  rmSync(stamp, { force: true });
  run("packages/wasm-simd/scripts/build.mjs");
  // Before tsc runs, so that what is edited meanwhile counts as changed the next time.
  const built = digest();
  for (const project of projects) {
    const { missing, stray } = differences(project);
    for (const name of stray) rmSync(join(root, project, "dist", name));
    if (missing.length > 0) rmSync(join(root, project, "tsconfig.tsbuildinfo"), { force: true });
  }
  run(tsc, "--build");
  for (const project of projects) {
    for (const name of filesIn(`${project}/src`).filter(copied)) {
      cpSync(join(root, project, "src", name), join(root, project, "dist", name));
    }
  }
  rmSync(join(root, packed), { recursive: true, force: true });
  if (existsSync(join(root, lessons))) cpSync(join(root, lessons), join(root, packed), { recursive: true });
  writeFileSync(stamp, built);
}

function isCurrent() {
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== digest()) return false;
  if (filesIn(packed).join() !== filesIn(lessons).join()) return false;
  return projects.every((project) => {
    const { missing, stray } = differences(project);
    return missing.length === 0 && stray.length === 0;
  });
}

if (!isCurrent()) build();
