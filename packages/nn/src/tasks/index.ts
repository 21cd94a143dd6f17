/** Small tasks that a Transformer learns in minutes. */
export { additionExample, additionTask } from "./addition.js";
export { copyTask } from "./copy.js";
export {
  nestedParserExample,
  nestedParserTask,
  parseTree,
  structuralAccuracy,
  type ParseTree,
} from "./nested-parser.js";
export { parserExample, parserTask } from "./parser.js";
export { accuracyOf, answer, teacherForced, type Accuracy } from "./sequence-model.js";
export { drawBatch, HeldOut, type Example, type SequenceTask, type TaskTraining } from "./task.js";
