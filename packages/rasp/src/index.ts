/** `@selectron/rasp`: the RASP language. */
export { RaspError, type Diagnostic, type ErrorClass, type Fix, type Note } from "./diagnostic.js";
export { position, textOf, type Position, type Source, type Span } from "./syntax/source.js";
export { parseProgram, type ParseResult } from "./syntax/parser.js";
export type {
  BinaryOperator,
  ExampleKind,
  Expression,
  Iteration,
  Name,
  Program,
  Statement,
  UnaryOperator,
} from "./syntax/ast.js";
export * from "./graph/node.js";
export { causal } from "./graph/causal.js";
export { sameGraph } from "./graph/equal.js";
export { printRasp, PrintError } from "./print.js";
export * from "./combinators.js";
export * as tracr from "./tracr-library.js";
export { load, Environment, type LoadOptions } from "./environment.js";
export type { Listener } from "./elaborate/load-file.js";
export { DEFAULT_LIMITS, type Limits } from "./limits.js";
export type { Outcome } from "./elaborate/statements.js";
export type { Session } from "./elaborate/session.js";
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
} from "./elaborate/value.js";
export { Evaluation } from "./interpret/evaluation.js";
export type { OpaqueWeights, Score, SoftBase, Vector } from "./graph/soft.js";
export { Basis, denseTable, type Table, type TableRow, type Weights } from "./graph/table.js";
export {
  decodeTables,
  encodeTables,
  TablesError,
  type Attached,
  type AttachedTable,
  type TableFile,
} from "./tables.js";
export type { VectorValues } from "./interpret/soft.js";
export { isMatrix, type Matrix } from "./interpret/select.js";
export { evaluate, plainAtom, trace, type Plain, type TraceStep } from "./interpret/evaluate.js";
export { convertToken, inputAtoms, type Input } from "./interpret/tokens.js";
export { sequenceType, type SequenceType } from "./interpret/sequence.js";
export { aggregateRow } from "./atom/mean.js";
export { atomsEqual, compareAtoms } from "./atom/compare.js";
export { atomText, describeAtom, describeInput, floatText } from "./atom/text.js";
export { cost, type Cost, type HeadCost, type LayerReason } from "./cost.js";
export { costAdvice, type Advice, type CostAdvice, type MergedHead } from "./cost-advice.js";
export {
  sufficiency,
  type MissedKey,
  type SelectorReach,
  type Sufficiency,
  type SufficiencyOptions,
} from "./sufficiency.js";
export { decodeSequence, encodeResult, encodeValue, type EncodedValue, type Json } from "./value-json.js";
export { applyTo, readInput, runCase, type Case } from "./case.js";
export { displayAligned, displayMatrix, displayResult, displaySequence, displayValue } from "./display.js";
export { columns, render } from "./render.js";
export {
  drawSvg,
  drawText,
  flow,
  LONGEST_INPUT,
  type Flow,
  type Head,
  type Layer,
  type Row,
  type Step,
  type SvgOptions,
  type Use,
} from "./draw/index.js";
export { compile, withProgram, type CompileOptions } from "./compile/index.js";
export type { NamedOutput, Outputs } from "./compile/outputs.js";
export * from "./learn/index.js";
export { languageModel, type Ended, type Written } from "./compile/generate.js";
export type { Patch } from "./compile/patch.js";
export type { ModelTrace, ModelTraceStep, TracedSOp } from "./compile/trace.js";
export type { CompiledProgram, Place } from "./compile/standing-sops.js";
export { CompiledModel, ModelInputError, type RunOptions, type ModelStats } from "./compile/compiled-model.js";
export type { Decoding } from "./compile/decoding.js";
export { ModelFileError, type ModelCard, type OutputCard } from "./compile/model-card.js";
export type { Certificate, StreamBound } from "./compile/certify.js";
export type { Layout, Resolved } from "./compile/layout.js";
export type { Probe } from "./compile/plan.js";
export type { Read, Stream } from "./compile/read.js";
export {
  countInputs,
  verify,
  type Counterexample,
  type Shard,
  type VerifyOptions,
  type VerifyReport,
  type WrongSOp,
} from "./verify/index.js";
export { dataset, type DatasetOptions, type Sample } from "./dataset/index.js";
export {
  encodeReport,
  mergeReports,
  parseReport,
  ReportError,
  type CounterexampleJson,
  type ReportJson,
} from "./verify/report.js";
