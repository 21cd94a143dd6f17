/**
 * Compiles a vector, such as the logits of a decompiled program, to a causal Transformer with softmax attention: scores become the query and key
 * dimensions of heads, tables of `project` fold into the maps that read, products of `combine` become hidden units.
 */
import { checks, tensor, type Tensor } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import { atomKey } from "../../language/atom/compare.js";
import type { Vector } from "../../language/graph/soft.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import { checkedVocabulary } from "../values/vocabulary.js";
import { ModelInputError } from "../model/errors.js";
import { assemble, type Assembled } from "./assemble.js";
import { Locals } from "./local.js";
import { constantly, Stream } from "./stream.js";
import { VectorPlan } from "./vectors.js";

/** For which inputs a vector is compiled. */
export interface CompileVectorOptions {
  /** The input elements. A string is a list of characters. */
  readonly vocabulary: Input;
  /** The longest input. */
  readonly maxLength: number;
  /** The components that the model gives, in this order; the vocabulary by default. */
  readonly components?: Input | undefined;
  /** How long a text can be that inputs are parts of: `positions` go up to it. As long as an input by default. */
  readonly positions?: number | undefined;
}

const OPTIONS = {
  vocabulary: checks.anything,
  maxLength: checks.anInteger(1, 4096),
  components: checks.anything,
  positions: checks.anInteger(1, 65_536),
};

/**
 * Compiles a vector to a causal Transformer of softmax heads, whose logits are the vector's components up to float32.
 *
 * @throws RaspError of class `compile` for `layer_norm`, `sharpen` and `opaque`, for other products than those of one-hot vectors and means, and for
 * s-ops that read other positions
 * @throws RangeError on an empty vocabulary, and on lengths out of range
 */
export function compileVector(vector: Vector, options: CompileVectorOptions): VectorModel {
  checks.check(
    "compileVector: vector",
    vector,
    checks.anObjectWith("a vector of a program, as `load(text).vector(name)` gives", "kind"),
  );
  checks.checkOptions("compileVector", options, OPTIONS, ["vocabulary", "maxLength"]);
  const { maxLength, positions = maxLength } = options;
  const vocabulary = checkedVocabulary(options.vocabulary, maxLength);
  const components = options.components === undefined ? vocabulary : inputElements(options.components);
  if (components.length === 0) throw new RangeError("compileVector: components is empty; name one or more");
  const plan = new VectorPlan(new Stream(), new Locals(vocabulary, maxLength, Math.max(maxLength, positions)));
  const { basis, components: parts } = plan.reading(vector);
  const outputs = components.map((atom) => parts[basis.find(atom)] ?? constantly(0));
  const assembled = assemble(plan.needed(outputs), outputs, { vocabulary: vocabulary.length, maxLength });
  return new VectorModel(vocabulary, components, assembled);
}

/** A compiled vector: a causal encoder, and the ids of its tokens. */
export class VectorModel {
  static {
    checks.guardMethods(VectorModel);
  }

  readonly vocabulary: readonly Atom[];
  /** What the columns of the logits are. */
  readonly components: readonly Atom[];
  /** The model of texts that begin at position 0. */
  readonly model: TransformerEncoder;
  /** All weights, what positions in a longer text add to the embeddings included. */
  readonly parameterCount: number;
  readonly #assembled: Assembled;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #at = new Map<number, TransformerEncoder>();

  /**
   * Made by `compileVector`.
   *
   * @internal
   */
  constructor(vocabulary: readonly Atom[], components: readonly Atom[], assembled: Assembled) {
    this.vocabulary = vocabulary;
    this.components = components;
    this.#assembled = assembled;
    this.#ids = new Map(vocabulary.map((token, id) => [atomKey(token), id]));
    this.model = this.#from(0);
    const { positions } = assembled;
    this.parameterCount = this.model.parameterCount + positions.reduce((sum, [, column]) => sum + column.length, 0);
  }

  /** How many of the weights are not 0. */
  get nonZeros(): number {
    const { weights, positions } = this.#assembled;
    const columns = [...[...weights.values()].map(({ data }) => data), ...positions.map(([, column]) => column)];
    return columns.reduce((sum, column) => sum + Array.from(column).filter((weight) => weight !== 0).length, 0);
  }

  /** The encoder for a text whose first token is at this position. */
  #from(offset: number): TransformerEncoder {
    const { config, weights, positions } = this.#assembled;
    const first = positions.length === 0 ? 0 : offset;
    const known = this.#at.get(first);
    if (known) return known;
    const table = weights.get("embedding.position.weight")!.data.slice();
    for (const [at, column] of positions) {
      for (let i = 0; i < config.maxLength; i++) table[i * config.dModel + at] = column[first + i] ?? 0;
    }
    const all = new Map(weights).set("embedding.position.weight", tensor(table, [config.maxLength, config.dModel]));
    const made = new TransformerEncoder(config, all);
    if (this.#at.size < KEPT) this.#at.set(first, made);
    return made;
  }

  /**
   * The vector at each position: [positions × components], row by row.
   *
   * @param offset - the position of the first token in a longer text
   * @throws ModelInputError on an unknown token or a too long input
   */
  logits(input: Input, offset = 0): Float32Array {
    checks.check("VectorModel.logits: offset", offset, checks.anInteger(0));
    const atoms = inputElements(input);
    if (atoms.length === 0) return new Float32Array(0);
    const { maxLength } = this.#assembled.config;
    if (atoms.length > maxLength) {
      throw new ModelInputError(
        `the input has ${atoms.length} tokens, and the model takes up to ${maxLength}`,
        "compile it for longer inputs",
      );
    }
    const ids = atoms.map((atom) => {
      const id = this.#ids.get(atomKey(atom));
      if (id === undefined) {
        throw new ModelInputError(
          `the model does not know the token ${String(atom)}`,
          "compile it for a larger vocabulary",
        );
      }
      return id;
    });
    return (this.#from(offset).forward([ids]) as Tensor).data as Float32Array;
  }
}

/** Encoders for other first positions that are kept. */
const KEPT = 64;
