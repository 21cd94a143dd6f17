/** The decompiler's public surface: programs out of trained GPT-2-style models, of trained encoders, and of compiled models. */
export {
  decompileProgram,
  isCompiledModel,
  NotHardError,
  type DecompiledProgram,
  type DecompileProgramOptions,
  type Line,
  type SoftHead,
} from "./compiled/index.js";
export type { Clock } from "./common/clock.js";
export { DecompileError } from "./common/decompile-error.js";
export type { FrontPoint } from "./common/front.js";
export type { BaselineName, ClassMatch, Headline } from "./common/headline.js";
export type { Heatmap } from "./common/heatmap.js";
export { isConfirmed, type Origin } from "./common/origin.js";
export { frontSvg, heatmapSvg } from "./common/pictures.js";
export {
  LEAST_MATCH,
  MOST_LINES,
  type HeadReport,
  type NearestHead,
  type Operation,
  type ProgramReport,
} from "./common/report.js";
export type { Progress, SearchOptions } from "./common/search-options.js";
export { shareOf, type LengthMatch, type Share } from "./common/share.js";
export {
  decisions,
  decompileEncoder,
  isTrainedEncoder,
  readTrainedEncoder,
  type TrainedEncoder,
} from "./encoder/index.js";
export {
  LEAST_FOLLOWED,
  type Controls,
  type Followed,
  type Interchange,
  type Unexplained,
} from "./common/interchange.js";
export { observe, type Observed, type Swapped } from "./gpt2/data/observe.js";
export { parseData, type Sequence } from "./gpt2/data/sequences.js";
export { readTask, type Task } from "./gpt2/data/task.js";
export type { Renamed } from "./common/writable.js";
export { faithfulProgram, type FaithfulProgram } from "./gpt2/faithful.js";
export { decompile } from "./gpt2/index.js";
export type { Path } from "./gpt2/interventions/components.js";
export type { Effect, Interventions, LinearNorms, Pruned } from "./gpt2/interventions/report.js";
export { measure, type Measures } from "./gpt2/measure.js";
export type { Memo } from "./gpt2/memo.js";
export type { Team } from "./gpt2/team.js";
export { perfectProgram } from "./gpt2/perfect.js";
export type { Decompiled, DecompileOptions } from "./gpt2/report.js";
export { RunnableProgram } from "./gpt2/runnable-program.js";
