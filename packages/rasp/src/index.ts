/** `@selectron/rasp`: the RASP language, and its compiler to Transformer weights. The decompiler is `@selectron/rasp/decompile`. */

// The language: source text, diagnostics and syntax.
export { RaspError, type Diagnostic, type ErrorClass, type Fix, type Note } from "./language/diagnostic.js";
export { render, renderWithin } from "./language/render.js";
export { columns, wrap } from "./language/width.js";
export { position, textOf, type Position, type Source, type Span } from "./language/source.js";
export { parseProgram, type ParseResult } from "./language/syntax/parser.js";
export { highlight, type Word, type WordKind } from "./language/syntax/highlight.js";
export type {
  BinaryOperator,
  ExampleKind,
  Expression,
  Iteration,
  Name,
  Program,
  Statement,
  UnaryOperator,
} from "./language/syntax/ast.js";

// The language: the s-op graph, and programs as TypeScript.
export * from "./language/graph/node.js";
export { causal } from "./language/graph/causal.js";
export type { FinalNode, Loop, StateNode } from "./language/graph/loop.js";
export { sameGraph } from "./language/graph/equal.js";
export type { OpaqueWeights, Score, SoftBase, Vector } from "./language/graph/soft.js";
export { Basis, denseTable, type Table, type TableRow, type Weights } from "./language/graph/table.js";
export * from "./language/combinators.js";
export {
  repeat,
  type FirstValues,
  type LoopStates,
  type NextValues,
  type RepeatOptions,
} from "./language/loop-combinator.js";
export { isOfLibrary } from "./language/stdlib/rasplib.js";
export * as tracr from "./language/stdlib/tracr.js";

// The language: from text to the graph.
export { load, Environment, type LoadOptions } from "./language/environment.js";
export { DEFAULT_LIMITS, type Limits } from "./language/limits.js";
export type { Listener } from "./language/elaborate/load-file.js";
export type { Outcome } from "./language/elaborate/statements.js";
export type { Session } from "./language/elaborate/session.js";
export {
  type AppliedValue,
  type AtomValue,
  type DictValue,
  type FunctionValue,
  type ListValue,
  type ScoreValue,
  type SelectorValue,
  type SOpValue,
  type TableValue,
  type Value,
  type VectorValue,
} from "./language/elaborate/value.js";
export {
  decodeTables,
  encodeTables,
  TablesError,
  type Attached,
  type AttachedTable,
  type TableFile,
} from "./language/tables.js";

// The language: values of a graph on an input.
export { Evaluation } from "./language/interpret/evaluation.js";
export { evaluate, trace, type TraceStep } from "./language/interpret/evaluate.js";
export { loopSteps, type LoopMoment, type LoopSteps } from "./language/interpret/loop-steps.js";
export { isMatrix, type Matrix } from "./language/interpret/matrix.js";
export { sequenceType, type SequenceType } from "./language/interpret/sequence.js";
export type { VectorValues } from "./language/interpret/soft.js";
export { convertToken, inputAtoms, type Input } from "./language/interpret/tokens.js";
export { atomsEqual, compareAtoms } from "./language/atom/compare.js";
export { aggregateRow } from "./language/atom/mean.js";
export { plainAtom, type Plain } from "./language/atom/plain.js";
export { atomText, describeAtom, describeInput, floatText } from "./language/atom/text.js";

// The language: what a program costs, texts and pictures.
export { cost, type Cost, type HeadCost, type LayerReason, type LoopCost } from "./language/cost/cost.js";
export { costAdvice, type Advice, type CostAdvice, type MergedHead } from "./language/cost/advice.js";
export { printRasp, PrintError } from "./language/text/print.js";
export {
  displayAligned,
  displayMatrix,
  displayResult,
  displayDifference,
  displayElement,
  displaySequence,
  displayValue,
} from "./language/text/display.js";
export { decodeSequence, encodeResult, encodeValue, type EncodedValue, type Json } from "./language/text/value-json.js";
export { applyTo, readInput, runCase, type Case } from "./language/text/case.js";
export {
  computation,
  drawSvg,
  drawText,
  firstSteps,
  type DrawnLoop,
  flow,
  LONGEST_INPUT,
  nodeLabel,
  type ComputedHead,
  type ComputedLayer,
  type FirstSteps,
  type Flow,
  type Head,
  type Layer,
  type Row,
  type Step,
  type SvgOptions,
  type Use,
} from "./language/draw/index.js";

// The compiler: from the graph to weights, with a certificate.
export {
  compileLooped,
  isLoopedModel,
  LoopedModel,
  type LoopCertificate,
  type LoopedCard,
  type LoopedOptions,
  type LoopedRun,
  type LoopedStats,
  type LoopLayers,
  type StateCard,
} from "./compiler/looped/index.js";
export { verifyLooped, type LoopedReport, type WrongStep } from "./compiler/looped/verify-looped.js";
export {
  compileScratchpad,
  ScratchpadModel,
  verifyScratchpad,
  type Scratchpad,
  type ScratchpadOptions,
  type ScratchpadReport,
  type WrittenLine,
  type WrongToken,
} from "./compiler/scratchpad/index.js";
export { compile, withProgram, type CompileOptions } from "./compiler/index.js";
export { compileVector, VectorModel, type CompileVectorOptions } from "./compiler/vectors/index.js";
export { compileRotated, type RotatedModel, type RotateOptions } from "./compiler/export/rotate/index.js";
export type { NamedOutput, Outputs } from "./compiler/outputs.js";
export type { Certificate, SubspaceBound } from "./compiler/certify/certify.js";
export type { Layout, Resolved } from "./compiler/layout/layout.js";
export type { ModelFormat } from "./compiler/plan/ir/arithmetic.js";
export type { Decoding } from "./compiler/plan/ir/decoding.js";
export type { Readback } from "./compiler/plan/ir/plan.js";
export type { Read, Subspace } from "./compiler/plan/ir/read.js";

// The compiler: compiled models.
export type { RunOptions } from "./compiler/model/arguments.js";
export { CompiledModel, type Failure } from "./compiler/model/compiled-model.js";
export type { ModelStats } from "./compiler/model/model-stats.js";
export { Gpt2Program } from "./compiler/model/gpt2-program.js";
export { ModelFileError, ModelInputError } from "./compiler/model/errors.js";
export type {
  Gpt2Constants,
  ModelCard,
  OutputCard,
  ScratchpadCard,
  ScratchpadLine,
  SubspaceCard,
} from "./compiler/model/model-card.js";
export { ablateCircuit, circuitOf } from "./compiler/circuit/index.js";
export type { AblatedCircuit, AblationOptions, CircuitOptions } from "./compiler/circuit/index.js";
export type { AblationReport } from "./compiler/circuit/ablate.js";
export type {
  Circuit,
  CircuitBasis,
  CircuitEdge,
  CircuitNode,
  CircuitSizes,
  CircuitSOp,
  CircuitSubspace,
  CircuitValue,
  ProgramText,
} from "./compiler/circuit/circuit.js";
export { scoreEdges, type EdgeScore, type HookEdge } from "./compiler/circuit/score.js";
export type { AtomJson, CertificateJson } from "./compiler/model/card-json.js";
export { gpt2Folder, GPT2_FILES, readGpt2Folder } from "./compiler/folders/gpt2.js";
export { transformerLensFolder, type Folder } from "./compiler/folders/transformerlens.js";
export type { CompiledProgram, Runnable } from "./compiler/model/runnable.js";
export type { Ended } from "@selectron/nn";
export { languageModel, type Written } from "./compiler/model/generate.js";
export type { Patch } from "./compiler/model/patch.js";
export type { Place } from "./compiler/model/program-map.js";
export type { ModelTrace, ModelTraceStep, TracedSOp } from "./compiler/model/trace.js";

// The compiler: checks of models and programs.
export type { VerifyRun } from "./compiler/verify/run-options.js";
export { verify, type Counterexample, type VerifyOptions, type VerifyReport } from "./compiler/verify/verify.js";
export type { WrongSOp } from "./compiler/verify/diagnose.js";
export { countInputs, type Shard } from "./compiler/verify/inputs.js";
export { countCandidates } from "./compiler/verify/promised-inputs.js";
export type { InputPromise } from "./compiler/model/input-promise.js";
export { encodeReport, mergeReports } from "./compiler/verify/report.js";
export { parseReport, ReportError, type CounterexampleJson, type ReportJson } from "./compiler/verify/report-schema.js";
export {
  sufficiency,
  type MissedKey,
  type SelectorReach,
  type Sufficiency,
  type SufficiencyOptions,
} from "./compiler/sufficiency.js";

// The independent checker of model files.
export { check, type CheckOptions, type CheckReport } from "./checker/check.js";
export { CheckFileError } from "./checker/card.js";
export type { Margin } from "./checker/landing.js";

// The compiler: programs as training data and as tasks to learn.
export { dataset, type DatasetOptions, type Sample } from "./compiler/dataset/dataset.js";
export type { Example } from "./compiler/dataset/examples.js";
export { benchmark } from "./compiler/dataset/benchmark/index.js";
export { benchmarkIndex, type BenchmarkCase } from "./compiler/dataset/benchmark/case-files.js";
export type { BenchmarkOptions } from "./compiler/dataset/benchmark/options.js";
export {
  BENCHMARK_FORMATS,
  FAMILIES,
  familiesOf,
  type BenchmarkFormat,
  type Family,
  type Member,
  type MemberSizes,
} from "./compiler/dataset/benchmark/families.js";
export { rotatedCircuit } from "./compiler/folders/rotated-circuit.js";
export {
  learnedHeads,
  learnedValues,
  programAccuracy,
  programPass,
  type LearnedHead,
  type ProgramAccuracy,
} from "./compiler/learn/program-model.js";
export {
  ProgramTask,
  type DrawOptions,
  type ProgramBatch,
  type ProgramHead,
  type ProgramTaskOptions,
  type ProgramSizes,
} from "./compiler/learn/program-task.js";
export { CompiledTraining, type CompiledTrainingOptions, type ModelPart } from "./compiler/continue/training.js";
export type { Survival } from "./compiler/continue/survival.js";
export { trainedFile, type TrainedFileOptions } from "./compiler/learn/trained-file.js";
