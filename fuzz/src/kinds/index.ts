/** All kinds that are fuzzed. */
import type { Kind } from "../kind.js";
import { fileKinds } from "./files.js";
import { loadedKinds } from "./loaded.js";
import { loopedKinds } from "./looped.js";
import { modelKinds } from "./models.js";
import { textKinds } from "./texts.js";
import { trainingKinds } from "./training.js";

export const KINDS: readonly Kind[] = [
  ...fileKinds,
  ...loadedKinds,
  ...modelKinds,
  ...loopedKinds,
  ...trainingKinds,
  ...textKinds,
];
