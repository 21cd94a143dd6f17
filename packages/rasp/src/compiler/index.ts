/** The stages of the compiler, in order. Each has a folder of its own; `docs/compiler.md` explains them. */
import { checks, type Precision } from "@selectron/core";
import type { TransformerEncoder } from "@selectron/nn";
import { errors } from "../language/diagnostic.js";
import { topological, type GraphNode, type SOp } from "../language/graph/node.js";
import type { Input } from "../language/interpret/tokens.js";
import { anSOp } from "../language/graph/kinds.js";
import { bestCandidate, type Candidate, type Proof } from "./choose-plan.js";
import { CompileProgress } from "./compile-progress.js";
import { checkFormat, checkLargest, gpt2Constants } from "./format.js";
import { certify, withShorter, withWeights } from "./certify/certify.js";
import { assemble } from "./layout/assemble.js";
import { CompiledModel } from "./model/compiled-model.js";
import { promiseText } from "./model/input-promise.js";
import type { ModelCard, OutputCard } from "./model/model-card.js";
import { subspaceCards } from "./model/subspace-cards.js";
import { reachable, type NormalSOp } from "./normalize/normal-form.js";
import { simplify, type Simplified } from "./normalize/simplify.js";
import { namedOutputs, type Outputs } from "./outputs.js";
import { arithmeticOf, isLow, type Arithmetic, type ModelFormat } from "./plan/ir/arithmetic.js";
import type { Output, Plan } from "./plan/ir/plan.js";
import { describeNode, named, refuse } from "./refusal.js";
import { FEW } from "./plan/heads/number-match.js";
import { plan } from "./plan/planner.js";
import { Domain } from "./values/domain.js";
import { quotientsIn } from "./plan/exact-quotients.js";
import { failuresOf } from "./values/failures.js";
import { withoutLoops } from "./values/loops.js";
import { promisedDomain } from "./values/promise.js";
import { lookAhead } from "./values/look-ahead.js";
import { Work } from "./work.js";
import { checkedVocabulary } from "./values/vocabulary.js";

/** For which inputs an s-op is compiled. */
export interface CompileOptions {
  /** The input elements that the model takes. A string is a list of characters, and a whole number is an int. */
  readonly vocabulary: Input;
  /** The longest input, 1 or more. */
  readonly maxLength: number;
  /** The name of the model; the names of its outputs if absent. */
  readonly name?: string;
  /**
   * Compile to a decoder: no position sees one after it, as if every selector had `and select(indices, indices, <=)`. The model's
   * `warnings` name the selectors that look ahead. False by default.
   */
  readonly causal?: boolean;
  /**
   * What the operands of matrix products are rounded to where the model will run: "bfloat16" or "tf32" for accelerators, which a
   * "float32" model does not always survive. The default is "float32".
   */
  readonly precision?: Precision;
  /**
   * What the weights will be written as. "gpt2" plans for layer norm and GELU, and its certificate holds for the GPT-2 of `gpt2Folder` as
   * well as for the encoder: it needs `causal`, float32, one output and no marks. The default is "encoder".
   */
  readonly format?: ModelFormat;
  /** Told now and then how many steps of the work are done, of about how many, and what is being done, such as "values of sort". */
  readonly onProgress?: (done: number, of: number, stage: string) => void;
  /**
   * What the inputs are promised to be: an s-op that is True at every position of an input that will be asked. It leaves out what no
   * such input reaches, and the model's answers to other inputs mean nothing; `keepsPromise` tells. In a causal compile the promise
   * sees no later position either.
   */
  readonly promise?: SOp | undefined;
  /**
   * Whether the model also tells on which inputs the program has no value: see `CompiledModel.failures`. It gets further columns of the
   * logits, and the heads and hidden units that these need. False by default.
   */
  readonly mark?: boolean;
}

export const COMPILE_OPTIONS = {
  vocabulary: checks.anything,
  maxLength: checks.aNumber,
  name: checks.aText,
  causal: checks.aFlag,
  precision: checks.anything,
  format: checks.anything,
  onProgress: checks.aFunction(),
  promise: anSOp,
  mark: checks.aFlag,
};

/**
 * Compiles an s-op to the weights of an ordinary Transformer encoder, or a causal one (ReLU, no layer norm). The model computes it on
 * every input over the vocabulary with up to `maxLength` elements on which the program has a value. Several s-ops, given by name,
 * share one model: what they have in common is computed once, and each has its own columns of the logits.
 *
 * @throws RaspError of class `compile`, at the s-op's place in the source, where the program does not compile
 * @throws RangeError on an empty vocabulary, a maximum length that is not a whole number from 1 up, no s-op, or an unknown precision
 */
export function compile(program: Outputs, options: CompileOptions): CompiledModel {
  checks.checkOptions("compile", options, COMPILE_OPTIONS, ["vocabulary", "maxLength"]);
  return refusing(program, options, () => compiled(program, options));
}

/** Makes a model; a refusal names the output. */
export function refusing<T>(program: Outputs, options: Pick<CompileOptions, "name">, make: () => T): T {
  namedOutputs(program, options.name);
  try {
    return make();
  } catch (error) {
    const [first] = namedOutputs(program, options.name);
    throw tooDeep(error, first!.sop) ?? named(error, first!);
  }
}

/** The refusal of a program that exhausts the stack, if that is what an error says; the stages follow s-ops into each other. */
function tooDeep(error: unknown, sop: SOp): unknown {
  const { message } = error instanceof RangeError ? error : { message: "" };
  if (!message.includes("call stack") && !message.includes("too much recursion")) return undefined;
  return errors.recursion("this s-op is made of too many s-ops that need each other to be compiled", {
    ...(sop.span ? { span: sop.span } : {}),
    suggestion: "compile a program of fewer steps, some hundred aggregates one after the other at most",
  });
}

/** float32 adds up the products of more positions with rounding. */
const MOST_POSITIONS = 4096;

const tooLong = (maxLength: number, sop: SOp): never =>
  refuse(
    sop,
    `the maximum length is ${maxLength}; the limit is ${MOST_POSITIONS}, up to which float32 tells positions apart exactly`,
    "use a shorter maximum length",
  );

/** @param few - see `PlanOptions` */
export const compiled = (program: Outputs, options: CompileOptions, few = FEW): CompiledModel =>
  compiledWith(
    program,
    options,
    few,
    arithmeticOf(options.precision ?? "float32", options.format ?? "encoder", options.maxLength),
  ).model;

/** A compiled model with the plan that it was made from. */
export function compiledWith(
  program: Outputs,
  options: CompileOptions,
  few: number,
  arithmetic: Arithmetic,
): { readonly model: CompiledModel; readonly plan: Plan } {
  const { vocabulary, maxLength, name, causal = false, precision = "float32", mark = false } = options;
  const given = namedOutputs(program, name);
  checkFormat(options, given.length);
  const tokens = checkedVocabulary(vocabulary, maxLength);
  if (maxLength > MOST_POSITIONS) tooLong(maxLength, given[0]!.sop);

  const progress = new CompileProgress(options.onProgress);
  const unrolled = (sops: readonly SOp[], marks: boolean): readonly SOp[] =>
    withoutLoops(
      sops,
      () => new Domain(tokens, maxLength, causal, { work: new Work(undefined, progress.tell) }),
      marks,
    );
  const roots = unrolled(
    given.map(({ sop }) => sop),
    mark,
  );
  const outputs = given.map((output, o) => ({ ...output, sop: roots[o]! }));
  const [promise] = options.promise ? unrolled([options.promise], false) : [];
  progress.begin(topological(...roots).filter(({ kind }) => kind === "aggregate").length);
  const analyse = (keepsTypes: boolean): Analysis => {
    const work = new Work(undefined, progress.tell);
    const rows = promise ? {} : { whileRows: progress.whileRows };
    const domain = new Domain(tokens, maxLength, causal, { ...rows, work, keepsTypes });
    return analysisOf({ roots, promise, mark, few, arithmetic }, domain, progress);
  };
  const usual = analyse(false);
  const analysis = usual.dependsOnTypes ? analyse(true) : usual;
  const { domain, form, sops, selections, failures, planned, certificate, layout } = analysis;
  progress.stage();
  const places = new Map(tokens.map((token, t) => [token, t]));
  const tokenIds = domain.values(form.tokens()).map((token) => places.get(token)! + 1);
  const { model, heads } = assemble(planned, layout, causal, tokenIds);
  progress.stage();
  checkLargest(namedWeights(model), planned, roots[0]!);

  const card: ModelCard = {
    name: name ?? outputs.map((output) => output.name).join(", "),
    vocabulary: tokens,
    maxLength,
    outputs: outputs.map((output, o) => ({ name: output.name, decoding: decodingOf(planned.outputs[o]!) })),
    labels: layout.labels,
    heads,
    subspaces: subspaceCards(layout),
    precision,
    certificate: withWeights(withShorter(certificate, planned), namedWeights(model), precision),
    config: model.config,
    ...gpt2Constants(planned),
    ...(promise ? { promise: promiseText(promise) } : {}),
    ...(failures ? { failures: failureCards(failures, planned.outputs.slice(outputs.length)) } : {}),
  };
  const warnings = causal ? lookAhead(roots, selections, domain) : [];
  return { model: new CompiledModel(model, card, layout, warnings, { outputs, normal: sops }), plan: planned };
}

/** What the stages up to the certificate give. */
interface Analysis extends Candidate {
  readonly domain: Domain;
  /** Whether types matter that the domain does not keep. */
  readonly dependsOnTypes: boolean;
  readonly form: Simplified["form"];
  readonly sops: Simplified["sops"];
  readonly selections: Simplified["selections"];
  /** What can fail, of a model that marks it. Their outputs follow those of the program. */
  readonly failures: ReadonlyMap<NormalSOp, GraphNode> | undefined;
}

/** What is compiled, what is promised of its inputs, and whether those without a value are marked. */
interface Compiled {
  readonly roots: readonly SOp[];
  readonly promise: SOp | undefined;
  readonly mark: boolean;
  readonly few: number;
  readonly arithmetic: Arithmetic;
}

function analysisOf(
  { roots, promise, mark, few, arithmetic }: Compiled,
  unrestricted: Domain,
  progress: CompileProgress,
): Analysis {
  const { vocabulary, maxLength, causal } = unrestricted;
  const all = promise ? [...roots, promise] : roots;
  const simplified = isLow(arithmetic)
    ? simplify(all, unrestricted, quotientsIn(all, new Domain(vocabulary, maxLength, causal), promise))
    : simplify(all, unrestricted);
  const { form, sops, selections, changesTypes } = simplified;
  const domain = promise ? promisedDomain(unrestricted, sops.get(promise)!, progress.whileRows) : unrestricted;
  const failures = mark ? failuresOf(roots, simplified, domain) : undefined;
  const normal = [...roots.map((root) => sops.get(root)!), ...(failures?.keys() ?? [])];
  progress.begin([...reachable(normal)].filter(({ kind }) => kind === "mean" || kind === "width").length);
  const planWith = (view: Domain, careful: boolean): Proof => {
    const planned = plan(normal, form, view, { arithmetic, careful, few, onPlanned: progress.step });
    return { planned, certificate: progress.during("certificate", () => certify(planned, vocabulary, maxLength)) };
  };
  const best = progress.during("planning", () => bestCandidate(normal, domain, planWith));
  // Whether an operation fails may depend on whether a value is True or 1.
  const dependsOnTypes = domain.dependsOnTypes(changesTypes) || (mark && domain.sets.mixedBools);
  return { domain, form, sops, selections, failures, dependsOnTypes, ...best };
}

const namedWeights = (model: TransformerEncoder) =>
  [...model.parameters()].map(([name, { data }]) => [name, data] as const);

/**
 * Joins a model that was read from a file with the program that it was compiled from, so that `trace` and patches know its s-ops. The
 * weights stay those of the file.
 *
 * @throws RangeError where the program compiles to another layout
 */
export function withProgram(model: CompiledModel, program: Outputs): CompiledModel {
  checks.check("withProgram: model", model, checks.anInstance(CompiledModel));
  const { vocabulary, maxLength, name, labels, precision, gpt2 } = model.card;
  const again = compile(program, {
    vocabulary,
    maxLength,
    name,
    precision,
    format: gpt2 ? "gpt2" : "encoder",
    causal: model.causal,
    promise: model.promise?.sop,
    mark: model.card.failures !== undefined,
  });
  if (again.card.labels.join("\n") !== labels.join("\n")) {
    throw new RangeError(
      `"${name}" is not what this model was compiled from, or another version compiled it: its residual stream is laid out differently`,
    );
  }
  return new CompiledModel(model.model, model.card, again.layout, [], again.program, model.notes);
}

const failureCards = (failures: ReadonlyMap<NormalSOp, GraphNode>, outputs: readonly Output[]): readonly OutputCard[] =>
  [...failures.values()].map((node, o) => ({ name: describeNode(node), decoding: decodingOf(outputs[o]!) }));

const decodingOf = ({ kind, classes, points }: Output) => ({ kind, classes, ...(points ? { points } : {}) });
