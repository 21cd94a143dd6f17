/** Compiled models as folders for other tools, one format a line. */
import { gpt2Folder, transformerLensFolder, type CompiledModel, type Folder } from "@selectron/rasp";
import type { Context } from "../context.js";
import { makeFolder, writeOut } from "./files.js";

const encoder = new TextEncoder();

/** What `--format` can ask for, and the files of its folder. */
const FOLDERS: Readonly<Record<string, (model: CompiledModel) => Folder>> = {
  gpt2: gpt2Folder,
  transformerlens: transformerLensFolder,
};

/** The values of `--format`. */
export const folderFormats: readonly string[] = Object.keys(FOLDERS);

/** Makes a folder, unless it is there, and writes a model's files into it. @returns the files @throws UsageError */
export function writeFolder(context: Context, path: string, format: string, model: CompiledModel): Folder {
  const files = FOLDERS[format]!(model);
  writeFiles(context, path, files);
  return files;
}

/** Makes a folder, unless it is there, and writes files into it. @throws UsageError */
export function writeFiles(context: Context, path: string, files: Folder): void {
  makeFolder(context, path);
  for (const folder of foldersOf(files)) makeFolder(context, `${path}/${folder}`);
  for (const [name, contents] of files) {
    writeOut(context, `${path}/${name}`, typeof contents === "string" ? encoder.encode(contents) : contents);
  }
}

/** The sizes of a GPT-2 in a folder, in the words of its configuration. */
export function gpt2Sizes(files: Folder): Readonly<Record<string, number>> {
  const config = JSON.parse(new TextDecoder().decode(files.get("config.json") as Uint8Array)) as Record<string, number>;
  const names = ["n_layer", "n_head", "n_embd", "n_inner", "n_positions", "vocab_size"];
  return Object.fromEntries(names.map((name) => [name, config[name]!]));
}

/** The folders in a folder that names such as `onnx/model.onnx` need. */
const foldersOf = (files: Folder): Set<string> =>
  new Set([...files.keys()].filter((name) => name.includes("/")).map((name) => name.slice(0, name.lastIndexOf("/"))));
