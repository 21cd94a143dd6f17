/**
 * A compiled encoder in the shape that other libraries have: all layers with equally many heads, of one width, and equally many hidden
 * units, at least one of each, and an unembedding without bias. Heads and units are added at the end and hold zeros; the last residual
 * coordinate is new, 1 at every position, and its row of the unembedding is the bias that was there. So head h, unit u and coordinate c
 * stay head h, unit u and coordinate c. A model without layers gets one that adds nothing.
 *
 * What stays the same, bit by bit:
 * - every weight but those of queries, and both embeddings;
 * - what every sublayer adds, where the scores are the same and sums are taken in the order of the indices, as the plain kernels do: what is
 *   new adds zeros, and +0 changes no sum. Kernels with several partial sums may group terms differently; the certificate of a
 *   compiled model is for any order.
 *
 * Scores are divided by √dHead. A width that is a power of four, the default, has a root that is a power of two, so that no runtime rounds
 * there. Query weights are then those of the plan times that root, exactly, where the plan's have up to 20 bits (all of `rank` and `unit`
 * scores do), and otherwise once more rounded. Against the scores of the compiled model, whose factors √dHead and 1/√dHead are
 * rounded four times (`scoreError` in `certify/head-errors.ts`), these are rounded at most twice: its certificate holds here too.
 * - Where the width of a layer was a power of four already, its scores are bit-equal.
 * - With another width, given by the caller, query weights are rounded once or twice, and the reader's 1/√dHead and its product once
 *   each: four times at most, which the certificate counts.
 *
 * Logits sum the same terms, with the bias as a product 1 · b: they may differ by the order of the sum. The certificate bounds any order,
 * and counts the bias as a term.
 */
import { leastPowerOfTwo, tensor, type Tensor } from "@selectron/core";
import { TransformerEncoder, type BlockConfig, type EncoderConfig } from "@selectron/nn";

/** The sizes that all layers have. */
export interface UniformShape extends BlockConfig {
  /** Of the residual stream. */
  readonly dModel: number;
}

/**
 * What is which in a uniform model: an index there gives the index in the compiled model, null for what was added. The added
 * coordinate comes last.
 */
export interface UniformPlaces {
  /** Of each layer. */
  readonly heads: readonly (readonly (number | null)[])[];
  /** Hidden units of each layer. */
  readonly units: readonly (readonly (number | null)[])[];
  readonly coordinates: readonly (number | null)[];
  /** The coordinate that is 1 at every position. */
  readonly one: number;
}

export interface UniformEncoder {
  readonly model: TransformerEncoder;
  readonly shape: UniformShape;
  readonly places: UniformPlaces;
}

/**
 * The same function with equal layers.
 *
 * @param dHead - the width of all heads, no less than any there is; by default the next power of four
 * @throws RangeError on a smaller width
 */
export function uniformEncoder(model: TransformerEncoder, dHead?: number): UniformEncoder {
  const { config } = model;
  const blocks = config.blocks.length > 0 ? config.blocks : [{ heads: 0, dHead: 1, dFf: 0 }];
  const shape = shapeOf(config, blocks, dHead);
  const { dModel } = shape;
  const one = dModel - 1;
  const parameters = model.parameters();
  const weights = new Map<string, Tensor>();

  const grow = (name: string, place: Place): void => {
    weights.set(name, placed(parameters.get(name), place));
  };
  grow("embedding.token.weight", { rows: config.vocabularySize, columns: dModel });
  grow("embedding.position.weight", { rows: config.maxLength, columns: dModel, last: 1 });
  blocks.forEach((block, layer) => {
    const path = `blocks.${layer}`;
    const from = block.dHead;
    const heads = spread(from, shape.dHead);
    const width = shape.heads * shape.dHead;
    const rescale = rescaling(from, shape.dHead);
    for (const part of ["query", "key", "value"]) {
      const change = part === "query" ? { change: rescale } : {};
      grow(`${path}.attention.${part}.weight`, { rows: dModel, columns: width, columnTo: heads, ...change });
      grow(`${path}.attention.${part}.bias`, { columns: width, columnTo: heads, ...change });
    }
    grow(`${path}.attention.output.weight`, { rows: width, columns: dModel, rowTo: heads });
    grow(`${path}.attention.output.bias`, { columns: dModel });
    grow(`${path}.feedForward.hidden.weight`, { rows: dModel, columns: shape.dFf });
    grow(`${path}.feedForward.hidden.bias`, { columns: shape.dFf });
    grow(`${path}.feedForward.output.weight`, { rows: shape.dFf, columns: dModel });
    grow(`${path}.feedForward.output.bias`, { columns: dModel });
  });
  const bias = parameters.get("unembedding.bias")!;
  grow("unembedding.weight", { rows: dModel, columns: config.outputs });
  weights.get("unembedding.weight")!.data.set(bias.data, one * config.outputs);

  const { heads, dFf } = shape;
  const uniform = { ...config, dModel, blocks: blocks.map(() => ({ heads, dHead: shape.dHead, dFf })) };
  return {
    model: new TransformerEncoder(uniform, weights),
    shape,
    places: {
      heads: blocks.map((block) => indices(heads, block.heads)),
      units: blocks.map((block) => indices(dFf, block.dFf)),
      coordinates: indices(dModel, config.dModel),
      one,
    },
  };
}

function shapeOf({ dModel }: EncoderConfig, blocks: readonly BlockConfig[], wanted: number | undefined): UniformShape {
  const most = (of: (block: BlockConfig) => number): number => Math.max(1, ...blocks.map(of));
  const widest = most((block) => (block.heads > 0 ? block.dHead : 1));
  const dHead = wanted ?? powerOfFour(widest);
  if (!Number.isInteger(dHead) || dHead < widest) {
    throw new RangeError(
      `heads of width ${dHead} cannot hold the model's, which are ${widest} wide; ask for ${widest} or more`,
    );
  }
  return { heads: most(({ heads }) => heads), dHead, dFf: most(({ dFf }) => dFf), dModel: dModel + 1 };
}

/** The least power of four that is no smaller. */
export function powerOfFour(width: number): number {
  let power = 1;
  while (power < width) power *= 4;
  return power;
}

/** [0, 1, …, known - 1, null, …]. */
const indices = (length: number, known: number): (number | null)[] =>
  Array.from({ length }, (_, i) => (i < known ? i : null));

/** Where the dimensions of heads of one width go among those of another. */
const spread =
  (from: number, to: number) =>
  (dimension: number): number =>
    Math.floor(dimension / from) * to + (dimension % from);

/** Where the entries of a matrix, or of a vector without rows, go in a larger one of zeros. */
interface Place {
  readonly rows?: number;
  readonly columns: number;
  readonly rowTo?: (row: number) => number;
  readonly columnTo?: (column: number) => number;
  readonly change?: (weight: number) => number;
  /** What the last column holds in every row; 0 if absent. */
  readonly last?: number;
}

const same = (index: number): number => index;

/** @param from - undefined for a sublayer that there is not */
function placed(from: Tensor | undefined, place: Place): Tensor {
  const { rows, columns, rowTo = same, columnTo = same, change = same, last = 0 } = place;
  const data = new Float32Array((rows ?? 1) * columns);
  if (from) {
    const width = from.shape.at(-1)!;
    for (let i = 0; i < from.data.length; i++) {
      const weight = from.data[i]!;
      if (weight !== 0) data[rowTo(Math.floor(i / width)) * columns + columnTo(i % width)] = change(weight);
    }
  }
  if (last !== 0) for (let row = 0; row < (rows ?? 1); row++) data[(row + 1) * columns - 1] = last;
  return tensor(data, rows === undefined ? [columns] : [rows, columns]);
}

/** The most significant bits of a weight that is believed to be the plan's own. */
const PLAIN_BITS = 20;

/**
 * A query weight for heads of another width. The compiler rounded √from · w to float32. A w of few bits is found again, and what is then
 * rounded is √to · w, once; another weight is rounded a second time.
 */
function rescaling(from: number, to: number): (weight: number) => number {
  if (from === to) return same;
  const [before, after] = [Math.sqrt(from), Math.sqrt(to)];
  return (weight) => {
    const near = weight / before;
    // The least power of two that is larger.
    const above = leastPowerOfTwo(Math.abs(near));
    const step = (above === Math.abs(near) ? 2 * above : above) * 2 ** -PLAIN_BITS;
    const plain = Math.round(near / step) * step;
    return Math.fround((Math.fround(plain * before) === weight ? plain : near) * after);
  };
}
