/** Where the weights of a model are: a file, the files that an index names, or those in a folder, as Hugging Face gives models out. */
import { basename, dirname, join, normalize } from "node:path";
import { decodeSafetensors, SafetensorsError } from "@selectron/core";
import { shardNames } from "@selectron/nn";
import { UsageError, type Context } from "../context.js";
import { namesIn, readBytes, readText } from "../files/files.js";
import { reason } from "../files/reason.js";

const WHOLE = "model.safetensors";
const INDEX = ".index.json";
const CONFIG = "config.json";

/** The file of the weights, or their index: in a folder it is looked for. @throws UsageError where there is neither */
export function weightsPath(context: Context, path: string): string {
  if (!context.io.isFolder(path)) return path;
  const names = namesIn(context, path);
  const found = [WHOLE, `${WHOLE}${INDEX}`].find((name) => names.includes(name));
  if (found !== undefined) return join(path, found);
  throw new UsageError(`there is no ${WHOLE} in "${path}", nor an index of its parts`, "name a file of weights in it");
}

/** The model's name: its file without the extension, or its folder. */
export function nameOf(path: string): string {
  const name = basename(normalize(path)).replace(/\.safetensors(\.index\.json)?$/, "");
  return name === "." || name === ".." ? "model" : name;
}

/** The files of a model, one or several, each read once: a pipe has no more. @throws UsageError for those that cannot be read */
export const readWeights = (context: Context, path: string): readonly Uint8Array[] =>
  (path.endsWith(INDEX) ? shardsOf(context, path) : [path]).map((file) => readBytes(context, file));

/** @throws UsageError that says what a file is which is no safetensors file */
export function checkFormat(path: string, files: readonly Uint8Array[]): void {
  for (const bytes of files) {
    try {
      decodeSafetensors(bytes, { only: () => false });
    } catch (error) {
      if (!(error instanceof SafetensorsError)) throw error;
      throw new UsageError(
        `cannot read "${path}": ${error.message}`,
        "decompile reads safetensors files, and ONNX of `selectron compile`",
      );
    }
  }
}

/** The configuration beside weights that lie in a folder of their own. */
export const configBeside = (context: Context, path: string): string | undefined =>
  namesIn(context, dirname(path)).includes(CONFIG) ? join(dirname(path), CONFIG) : undefined;

function shardsOf(context: Context, path: string): readonly string[] {
  const index = readJson(context, path, "give the model.safetensors.index.json of a model in several files");
  try {
    return shardNames(index).map((name) => join(dirname(path), name));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`"${path}" is no index: ${error.message}`, "get it again, or join the files into one");
  }
}

/** @throws UsageError */
export function readJson(context: Context, path: string, suggestion: string): unknown {
  const text = readText(context, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`"${path}" is not JSON: ${reason(error)}`, suggestion);
  }
}
