/** What npm would publish, installed in a folder of its own, and compilers that read its declarations. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const names = ["core", "nn", "rasp", "wasm-simd", "cli"];

function run(command, options, cwd) {
  const { status, stdout, stderr } = spawnSync(command, options, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${command} ${options.join(" ")}: ${stderr}`);
  return stdout;
}

/**
 * Packs the packages as for npm, but without scripts, which build the page: what there is of it is packed.
 *
 * @returns of each its name, the name of its file in the folder, and the files in that
 */
export function pack(folder) {
  const workspaces = names.flatMap((name) => ["--workspace", `@selectron/${name}`]);
  const options = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder, ...workspaces];
  return JSON.parse(run("npm", options, root));
}

/**
 * Packs the packages and unpacks them, with what they depend on, into `node_modules` of a folder, beside the consumer as an ES module, as
 * CommonJS, and as what the folder's package.json says, which is CommonJS.
 *
 * @returns the packed files by package
 */
export function installPacked(folder) {
  const packed = pack(folder);
  for (const { name, filename } of packed) {
    const place = join(folder, "node_modules", name);
    mkdirSync(place, { recursive: true });
    run("tar", ["-xzf", join(folder, filename), "-C", place, "--strip-components=1"]);
  }
  for (const name of ["@bufbuild/protobuf", "commander"]) {
    cpSync(join(root, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
  }
  const text = readFileSync(join(root, "test/consumer/consumer.mts"), "utf8");
  for (const file of ["consumer.mts", "consumer.cts", "consumer.ts"]) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  return new Map(packed.map(({ name, files }) => [name, files.map(({ path }) => path)]));
}

/** The ways to find modules: what --module and --moduleResolution are, and which file is compiled. */
export const resolutions = {
  nodenext: ["nodenext", "nodenext", "consumer.mts"],
  commonjs: ["commonjs", "node10", "consumer.ts"],
  node16: ["node16", "node16", "consumer.mts"],
  bundler: ["es2022", "bundler", "consumer.ts"],
  node10: ["es2022", "node10", "consumer.ts"],
  require: ["nodenext", "nodenext", "consumer.cts"],
};

/** Whether a compiler knows a way: TypeScript 7 has no node10, and `require` of ES modules came with 5.8. */
export function knows(compiler, resolution) {
  const { version } = JSON.parse(readFileSync(join(compiler, "package.json"), "utf8"));
  const [major, minor] = version.split(".").map(Number);
  if (resolution === "require") return major > 5 || minor >= 8;
  return major < 7 || resolutions[resolution][1] !== "node10";
}

/**
 * What a compiler says of the consumer, nothing if all is well: strict, without types of a host, declarations included.
 *
 * @param compiler - the folder of a TypeScript
 */
export function compileConsumer(folder, compiler, resolution) {
  const [module, moduleResolution, file] = resolutions[resolution];
  const { version } = JSON.parse(readFileSync(join(compiler, "package.json"), "utf8"));
  const old = moduleResolution === "node10" && !version.startsWith("5.") ? ["--ignoreDeprecations", "6.0"] : [];
  const fixed = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--target",
    "es2022",
    "--lib",
    "es2022",
    "--skipLibCheck",
    "false",
  ];
  const options = [...fixed, "--module", module, "--moduleResolution", moduleResolution, ...old, file];
  const { stdout, stderr } = spawnSync(process.execPath, [join(compiler, "bin/tsc"), ...options], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout + stderr;
}
