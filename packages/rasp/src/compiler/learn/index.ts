/** Training a Transformer to do what a program does. */
export {
  learnedHeads,
  learnedValues,
  programAccuracy,
  programPass,
  type LearnedHead,
  type ProgramAccuracy,
} from "./program-model.js";
export {
  ProgramTask,
  type DrawOptions,
  type ProgramBatch,
  type ProgramHead,
  type ProgramTaskOptions,
  type ProgramSizes,
} from "./program-task.js";
