/** What generation, patches and traces need of a compiled model, so that they do not depend on its class. */
import type { Patcher, Recorder, TransformerEncoder } from "@selectron/nn";
import type { Atom, GraphNode } from "../../language/graph/node.js";
import type { Layout } from "../layout/layout.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import type { NamedOutput } from "../outputs.js";
import type { ModelCard } from "./model-card.js";

/** The program that a model was compiled from, and what became of each of its s-ops. */
export interface CompiledProgram {
  readonly outputs: readonly NamedOutput[];
  /** @internal */
  readonly normal: ReadonlyMap<GraphNode, NormalSOp>;
}

/** A compiled model as something to run: `CompiledModel` is one. */
export interface Runnable {
  readonly model: TransformerEncoder;
  readonly card: ModelCard;
  /** Where the s-ops are in the residual stream; undefined for a model that was read from a file. */
  readonly layout: Layout | undefined;
  /** What the model was compiled from; undefined where the layout is. */
  readonly program: CompiledProgram | undefined;
  /** Whether no position sees a later one. */
  readonly causal: boolean;
  /** The id of a token; undefined for what is not in the vocabulary. Id 0 is BOS. */
  idOf(token: Atom): number | undefined;
  /** BOS and the input as token ids. @throws ModelInputError on an unknown token or a too long input */
  encode(input: readonly Atom[]): number[];
  /**
   * The values of the first output, [input][position].
   *
   * @param record - sees every named activation, [batch, BOS and longest input, …]
   * @param patch - replaces activations before `record` sees them
   * @throws ModelInputError on an unknown token or a too long input
   */
  values(inputs: readonly (readonly Atom[])[], record?: Recorder, patch?: Patcher): Atom[][];
}
