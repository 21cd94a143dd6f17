/**
 * The other engines, at pinned versions. They weigh half a gigabyte, so `npm run bench -- peers:install` brings them into
 * bench/.peers, which git ignores; without it the suites run alone.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Permissive licences all: Apache-2.0 (tfjs) and MIT. */
export const peerVersions = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs-backend-cpu": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "@tensorflow/tfjs-core": "4.22.0",
  "@tensorflow/tfjs-layers": "4.22.0",
  "onnxruntime-node": "1.30.0",
  "onnxruntime-web": "1.30.0",
} as const;

const folder = fileURLToPath(new URL("../../.peers/", import.meta.url));

/** Installs the peers without running their scripts. Throws an Error if npm fails. */
export function installPeers(): void {
  mkdirSync(folder, { recursive: true });
  const manifest = { name: "selectron-bench-peers", private: true, dependencies: peerVersions };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  const { status } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("peers:install: npm failed; see above.");
}

/** Whether `installPeers` has been run. */
export const peersInstalled = (): boolean => existsSync(join(folder, "node_modules/onnxruntime-web"));

const requirePeer = createRequire(pathToFileURL(join(folder, "package.json")));

/** A CommonJS peer. Its types are those that the caller knows about it. */
export const loadPeer = (name: string): unknown => requirePeer(name);

/** A peer that is an ES module, by the file to import. */
export const importPeer = (file: string): Promise<unknown> =>
  import(pathToFileURL(join(folder, "node_modules", file)).href);

/** A folder inside a peer, with a slash at the end. */
export const peerFolder = (path: string): string => join(folder, "node_modules", path) + "/";
