/** Running Python with PyTorch on cases and tensors, and comparing what comes out. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeSafetensors, encodeSafetensors } from "@selectron/core";

const scripts = fileURLToPath(new URL("python/", import.meta.url));
/** No script may take longer, in milliseconds. */
const LIMIT = 600_000;

/**
 * Runs scripts of python/.
 *
 * @param command - a Python that has PyTorch
 * @param folder - for the files that are exchanged
 * @returns functions of a script, a job (JSON for it) and tensors by name: one gives the tensors that it wrote, `inPlace` also the folder
 */
export function pythonIn(command, folder) {
  const inPlace = async (script, job, tensors = new Map()) => {
    const place = mkdtempSync(join(folder, "job-"));
    writeFileSync(join(place, "job.json"), JSON.stringify(job));
    writeFileSync(join(place, "in.safetensors"), encodeSafetensors(tensors));
    await new Promise((resolve, reject) => {
      const child = spawn(command, ["-B", join(scripts, script), place], { timeout: LIMIT });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
      child.on("error", reject);
      child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`${script}: exit ${code}: ${said}`))));
    });
    return { tensors: decodeSafetensors(readFileSync(join(place, "out.safetensors"))).tensors, place };
  };
  return Object.assign(async (...call) => (await inPlace(...call)).tensors, { inPlace });
}

/** The largest difference of two lists of numbers, relative to 1 + their size; Infinity where one is missing or NaN. */
export function difference(ours, theirs) {
  if (ours.length !== theirs.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < ours.length; i++) {
    const apart = Math.abs(ours[i] - theirs[i]) / (1 + Math.abs(theirs[i]));
    if (!(apart <= worst)) worst = Number.isNaN(apart) ? Infinity : apart;
  }
  return worst;
}

/** A row of the table for each name: what begins with it is compared. */
export const differences = (names, ours, theirs, limit) =>
  names.map((name) => {
    const keys = [...ours.keys()].filter((key) => key.startsWith(`${name}.`));
    const worst = Math.max(...keys.map((key) => difference(ours.get(key).data, theirs.get(key)?.data ?? [])));
    const compared = keys.reduce((sum, key) => sum + ours.get(key).size, 0);
    return { what: name, compared: `${compared} numbers`, worst, failed: keys.length === 0 || !(worst <= limit) };
  });
