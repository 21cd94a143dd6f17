/** A Transformer with what is needed to use it: vocabulary, BOS, decoding and files. */
import { checks, type FileBytes } from "@selectron/core";
import type { GenerateOptions, Patcher, Recorder, TransformerEncoder } from "@selectron/nn";
import type { Diagnostic } from "../../language/diagnostic.js";
import type { Atom } from "../../language/graph/node.js";
import { plainAtom, type Plain } from "../../language/atom/plain.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import type { Certificate } from "../certify/certify.js";
import { decode, widthOf } from "../plan/ir/decoding.js";
import { checkBatch, checkOutputs, checkParts, checkRun, type RunOptions } from "./arguments.js";
import { generateFrom, type Written } from "./generate.js";
import { patcher } from "./patch.js";
import type { CompiledProgram, Runnable } from "./runnable.js";
import { traceModel, type ModelTrace } from "./trace.js";
import type { Layout } from "../layout/layout.js";
import { statsOf, type ModelStats } from "./model-stats.js";
import { InputPromise } from "./input-promise.js";
import { checkLogits } from "./errors.js";
import type { ModelCard, OutputCard } from "./model-card.js";
import { TokenIds } from "./token-ids.js";
import { onnxFile, readOnnx, readSafetensors, safetensorsFile, type ReadFile } from "./model-file.js";

/** Something of a program that has no value on an input. */
export interface Failure {
  /** Its name or text, and its place in the source. */
  readonly what: string;
  readonly position: number;
}

/** The id at padded positions. Any id would do: no other position sees it. */
const PADDING = 0;

/** A program as a Transformer: it runs on inputs, and becomes a file that holds all that it needs. */
export class CompiledModel implements Runnable {
  readonly #ids: TokenIds;
  #promise: InputPromise | undefined;

  readonly model: TransformerEncoder;
  readonly card: ModelCard;
  readonly layout: Layout | undefined;
  readonly warnings: readonly Diagnostic[];
  readonly program: CompiledProgram | undefined;
  readonly notes: readonly string[];

  static {
    checks.guardMethods(CompiledModel);
  }

  /**
   * @param layout - undefined for a model from a file, which has the labels only
   * @param warnings - of a causal model: the selectors of the program that look ahead
   * @param program - what it was compiled from; undefined for a model from a file
   * @param notes - of a model from a file: what whoever uses it should know, such as that it has no checksum
   */
  constructor(
    model: TransformerEncoder,
    card: ModelCard,
    layout?: Layout,
    warnings: readonly Diagnostic[] = [],
    program?: CompiledProgram,
    notes: readonly string[] = [],
  ) {
    checkParts({ model, card, layout, warnings, program, notes });
    this.model = model;
    this.card = card;
    this.layout = layout;
    this.warnings = warnings;
    this.program = program;
    this.notes = notes;
    this.#ids = new TokenIds(card);
  }

  /**
   * The value at each position, none for an empty input.
   *
   * @throws ModelInputError on an unknown token or a too long input
   * @throws RangeError on a patch that does not fit, and on an output that the model does not have
   */
  run(input: Input, options: RunOptions = {}): Plain[] {
    checkRun("run", options);
    const { patch = [], output, record } = options;
    const atoms = inputElements(input);
    const outputs = this.outputs([atoms], record, patcher(this, atoms, patch));
    return outputs[this.#outputIndex(output)]![0]!.map(plainAtom);
  }

  /** Like `run`, for many inputs of any lengths in one forward pass. */
  runBatch(inputs: readonly Input[], options: Pick<RunOptions, "output"> = {}): Plain[][] {
    checkBatch("runBatch", inputs, options);
    const outputs = this.outputs(inputs.map(inputElements));
    return outputs[this.#outputIndex(options.output)]!.map((values) => values.map(plainAtom));
  }

  /** The first output's values: see `outputs`. */
  values(inputs: readonly (readonly Atom[])[], record?: Recorder, patch?: Patcher): Atom[][] {
    return this.outputs(inputs, record, patch)[0]!;
  }

  /**
   * The values as atoms, ints and floats apart, [output][input][position]. Inputs may have different lengths: shorter ones are padded
   * and the padding is hidden from every head, so that an input's values do not depend on what it is batched with.
   *
   * @param record - sees every named activation, [batch, BOS and longest input, …]
   * @param patch - replaces activations before `record` sees them
   * @throws ModelInputError on an unknown token or a too long input
   */
  outputs(inputs: readonly (readonly Atom[])[], record?: Recorder, patch?: Patcher): Atom[][][] {
    checkOutputs(inputs, record, patch);
    return this.#decoded(inputs, this.card.outputs, record, patch);
  }

  /**
   * Why the program has no value, for each input: what fails, and where. None where it has one. Once something has failed, further
   * failures may be its consequences.
   *
   * @throws RangeError for a model that was compiled without marks
   * @throws ModelInputError on an unknown token or a too long input
   */
  failures(inputs: readonly Input[]): Failure[][] {
    const { outputs, failures } = this.card;
    if (!failures) {
      throw new RangeError("this model does not tell where its program has no value; compile it with marks");
    }
    checkBatch("failures", inputs);
    const atoms = inputs.map(inputElements);
    const marks = this.#decoded(atoms, [...outputs, ...failures]).slice(outputs.length);
    return atoms.map((_, b) =>
      marks.flatMap((mark, f) =>
        mark[b]!.flatMap((failed, position) => (failed === true ? [{ what: failures[f]!.name, position }] : [])),
      ),
    );
  }

  /** The values of the outputs whose columns come first in the logits. */
  #decoded(
    inputs: readonly (readonly Atom[])[],
    outputs: readonly OutputCard[],
    record?: Recorder,
    patch?: Patcher,
  ): Atom[][][] {
    if (inputs.length === 0) return outputs.map(() => []);
    const rows = inputs.map((input) => this.encode(input));
    const longest = Math.max(...rows.map((row) => row.length));
    const logits = this.model.forward(
      rows.map((row) => padded(row, longest, PADDING)),
      // Padding is hidden by a mask, which equal lengths do not need.
      rows.every((row) => row.length === longest)
        ? { record, patch }
        : {
            record,
            patch,
            padding: rows.map((row) =>
              padded(
                row.map(() => true),
                longest,
                false,
              ),
            ),
          },
    );
    checkLogits(logits.data);
    const columns = logits.shape[2]!;
    let from = 0;
    return outputs.map(({ decoding }) => {
      const [first, width] = [from, widthOf(decoding)];
      from += width;
      return inputs.map((input, b) =>
        input.map((_, i) => {
          const start = (b * longest + i + 1) * columns + first;
          return decode(decoding, logits.data.subarray(start, start + width));
        }),
      );
    });
  }

  #outputIndex(name: string | undefined): number {
    const names = this.card.outputs.map((output) => output.name);
    const index = name === undefined ? 0 : names.indexOf(name);
    if (index < 0) throw new RangeError(`the model has no output "${name}"; it has ${names.join(", ")}`);
    return index;
  }

  /**
   * A forward pass in the program's terms: after each sublayer the value of every named s-op at every position, in the residual
   * stream and by the program. With patches, what follows from them.
   *
   * @throws ModelInputError on an unknown token or a too long input
   * @throws RangeError for a model from a file (`withProgram` helps), and on a patch that does not fit
   */
  trace(input: Input, options: Omit<RunOptions, "record"> = {}): ModelTrace {
    checkRun("trace", options);
    return traceModel(this, inputElements(input), options.patch ?? []);
  }

  /**
   * Continues a prompt, with a causal model. The value at the last position is the next token, and a value that is not in the
   * vocabulary ends the text. Takes the best token each time, unless the options ask nn for something else.
   *
   * @throws ModelInputError on an unknown token or a too long prompt
   * @throws RangeError where the model is not causal, or an option is out of range
   */
  generate(prompt: Input, options: Omit<GenerateOptions, "stop"> = {}): Written {
    return generateFrom(this, prompt, options);
  }

  /** The bound that shows that the model cannot differ from its program, or where the proof falls short. */
  get certificate(): Certificate {
    return this.card.certificate;
  }

  /** What the model's inputs are promised to be; undefined where that is anything. @throws ModelFileError where the card is damaged */
  get promise(): InputPromise | undefined {
    if (this.card.promise !== undefined) this.#promise ??= new InputPromise(this.card);
    return this.#promise;
  }

  /** Whether an input is promised. On another one the model's answer means nothing. */
  keepsPromise(input: Input): boolean {
    const atoms = inputElements(input);
    return this.promise?.isKeptBy(atoms) ?? true;
  }

  /** Whether no position sees a later one: the model computes `causal(sop)`. */
  get causal(): boolean {
    return this.card.config.causal === true;
  }

  /** Layers, heads, widths and numbers of weights. */
  get stats(): ModelStats {
    return statsOf(this.model);
  }

  /** The model as one file: weights by nn's parameter names, and the card in the metadata. */
  toSafetensors(): Uint8Array {
    return safetensorsFile(this);
  }

  /**
   * The model as an ONNX file (opset 13) with any batch size and sequence length, for onnxruntime and what builds on it.
   * Input `tokens`, int64 [batch, sequence]: id 0 (BOS), then v + 1 for token v of the vocabulary, then -1 for padding.
   * Outputs `logits`, and `classes`, int64 [batch, sequence]: indices into the `decoding.classes` of the card's output, or
   * `classes.NAME` for each of several outputs. Position 0 and padded positions mean nothing. A row that is no such input
   * has NaN and the class -2147483648. The metadata are those of the safetensors file.
   */
  toOnnx(): Uint8Array {
    return onnxFile(this);
  }

  /** @throws ModelFileError on a damaged or foreign file, and on weights that are not finite. */
  static fromSafetensors(bytes: FileBytes): CompiledModel {
    return CompiledModel.#of(readSafetensors(bytes));
  }

  /** The model of a file that `toOnnx` gave. @throws ModelFileError as `fromSafetensors` does */
  static fromOnnx(bytes: FileBytes): CompiledModel {
    return CompiledModel.#of(readOnnx(bytes));
  }

  static #of({ model, card, notes }: ReadFile): CompiledModel {
    return new CompiledModel(model, card, undefined, [], undefined, notes);
  }

  /** The model's id of a token; undefined for what is not in the vocabulary. Id 0 is BOS. */
  idOf(token: Atom): number | undefined {
    return this.#ids.of(token);
  }

  /** BOS and the input as token ids. @throws ModelInputError on an unknown token or a too long input */
  encode(input: readonly Atom[]): number[] {
    return this.#ids.encode(input);
  }
}

const padded = <T>(row: readonly T[], length: number, filler: T): T[] => [
  ...row,
  ...new Array<T>(length - row.length).fill(filler),
];
