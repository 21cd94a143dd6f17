/**
 * A GPT-2-style model as components and the paths between them: every reader of the residual stream (a head's query, key or value, a
 * feed-forward sublayer, the unembedding) sums up the components it reads by itself, so that a path can be cut for one reader alone. A
 * cut path carries a constant in place of its component. With nothing cut the logits are the model's. Gates, constants and scales may ask
 * for gradients.
 */
import { attention, concat, noGrad, scope, tensor, type Tensor } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Sequence } from "../data/sequences.js";
import { batchOf, type Batch } from "./batch.js";

/** What writes to the residual stream: `tokens`, `positions`, a head `0.1` (layer, head) or a feed-forward sublayer `0.mlp`. */
export type Component = string;
/** What reads it: `0.1.query`, `0.1.key`, `0.1.value`, `0.mlp` or `logits`. */
export type Reader = string;

/** What is changed about a model. */
export interface Intervention {
  /** How much of a component reaches a reader, 0 to 1, of each sequence where it is a tensor [B, 1, 1]; 1 where absent. */
  readonly gate?: (component: Component, reader: Reader) => number | Tensor;
  /** What a cut path carries, [1, 1, D] per component; the means by default. */
  readonly constants?: ReadonlyMap<Component, Tensor>;
  /** Added to what a reader reads, [1, 1, D]. */
  readonly shifts?: ReadonlyMap<Reader, Tensor>;
  /** Per reader the inverse deviation [1] that stands in for its layer norm's own; its own where absent. */
  readonly scales?: ReadonlyMap<Reader, Tensor>;
  /**
   * Whether a head's score has the product of what a component gives its query and another its key; `""` stands for the query's constant
   * part. The reader's norms must be linear. All products where absent.
   */
  readonly product?: (head: string, query: Component, key: Component) => boolean;
}

export const WHOLE: Intervention = {};

/** Told each component's output [B, n, D] and each layer norm's inverse deviations [B · n]. */
export interface Witness {
  readonly component?: (name: Component, output: Tensor) => void;
  readonly norm?: (reader: Reader, norm: string, inverseDeviations: Float32Array) => void;
}

/** A reader of the stream, its layer norm, and what it could read. */
export interface ReaderOf {
  readonly reader: Reader;
  readonly norm: string;
  readonly sources: readonly Component[];
}

export const PARTS = ["query", "key", "value"] as const;

export class PathModel {
  /** In the order in which they are computed. */
  readonly components: readonly Component[];
  readonly readers: readonly ReaderOf[];

  readonly model: Gpt2;
  /** Per component [1, 1, D]: what a cut path carries where an intervention does not say. */
  readonly #means: ReadonlyMap<Component, Tensor>;

  constructor(model: Gpt2, means: ReadonlyMap<Component, Tensor> = new Map()) {
    this.model = model;
    this.#means = means;

    const { layers, heads } = model.config;
    const components = ["tokens", "positions"];
    const readers: ReaderOf[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const before = [...components];
      for (let head = 0; head < heads; head++) {
        for (const part of PARTS) {
          readers.push({ reader: `${layer}.${head}.${part}`, norm: `h.${layer}.ln_1`, sources: before });
        }
        components.push(`${layer}.${head}`);
      }
      readers.push({ reader: `${layer}.mlp`, norm: `h.${layer}.ln_2`, sources: [...components] });
      components.push(`${layer}.mlp`);
    }
    readers.push({ reader: "logits", norm: "ln_f", sources: [...components] });
    this.components = components;
    this.readers = readers;
  }

  /** The logits [n, V] of one sequence under an intervention. */
  logits(sequence: Sequence, intervention: Intervention, witness: Witness = {}): Float32Array {
    const batch = batchOf([sequence], this.model.config.maxLength);
    return scope(() => noGrad(() => this.forward(batch, intervention, witness).data.slice()));
  }

  /** The logits [B, n, V] of a batch under an intervention. */
  forward(batch: Batch, intervention: Intervention, witness: Witness = {}): Tensor {
    const { layers, heads, dModel } = this.model.config;
    const width = dModel / heads;
    const get = (name: string): Tensor => this.model.parameter(name);
    const stream = new Stream(this.model, intervention, this.#means, witness);
    stream.write("tokens", get("wte.weight").gather(batch.ids));
    stream.write("positions", get("wpe.weight").gather(batch.positions));
    for (let layer = 0; layer < layers; layer++) {
      const path = `h.${layer}`;
      const outputs: [Component, Tensor][] = [];
      for (let head = 0; head < heads; head++) {
        const name = `${layer}.${head}`;
        const maps = PARTS.map((_, p) => {
          const columns: [number, number] = [p * dModel + head * width, p * dModel + (head + 1) * width];
          return {
            weight: get(`${path}.attn.c_attn.weight`).slice(...columns, 1),
            bias: get(`${path}.attn.c_attn.bias`).slice(...columns),
          };
        });
        const [query, key, value] = PARTS.map((part, p) =>
          stream.read(`${name}.${part}`, `${path}.ln_1`).matmul(maps[p]!.weight).add(maps[p]!.bias),
        );
        const asHeads = (x: Tensor): Tensor => x.reshape([batch.size, 1, batch.length, x.shape.at(-1)!]);
        const pairs = intervention.product && products(stream, intervention.product, name, `${path}.ln_1`, maps);
        const mixed = attention(asHeads(pairs?.query ?? query!), asHeads(pairs?.key ?? key!), asHeads(value!), {
          causal: true,
          scale: 1 / Math.sqrt(width),
        });
        const out = get(`${path}.attn.c_proj.weight`).slice(head * width, (head + 1) * width);
        outputs.push([name, mixed.reshape([batch.size, batch.length, width]).matmul(out)]);
      }
      outputs.forEach(([name, output]) => stream.write(name, output));
      stream.shift(get(`${path}.attn.c_proj.bias`));
      const hidden = stream
        .read(`${layer}.mlp`, `${path}.ln_2`)
        .matmul(get(`${path}.mlp.c_fc.weight`))
        .add(get(`${path}.mlp.c_fc.bias`))
        .gelu();
      stream.write(`${layer}.mlp`, hidden.matmul(get(`${path}.mlp.c_proj.weight`)).add(get(`${path}.mlp.c_proj.bias`)));
    }
    return stream.read("logits", "ln_f").matmul(this.model.unembedding);
  }
}

interface LinearMap {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Queries and keys side by side for each product that stands, so that their scalar product is the sum of those. */
function products(
  stream: Stream,
  product: NonNullable<Intervention["product"]>,
  head: string,
  norm: string,
  [query, key]: readonly LinearMap[],
): { readonly query: Tensor; readonly key: Tensor } {
  const keys = stream.partsOf(`${head}.key`, norm);
  const queries = stream.partsOf(`${head}.query`, norm);
  const constant = queries.constant.matmul(query!.weight).add(query!.bias);
  const pairs = keys.parts.flatMap(({ from: to, part: onKey }) => {
    const k = onKey.matmul(key!.weight);
    return [
      ...queries.parts.flatMap(({ from, part }) => (product(head, from, to) ? [[part.matmul(query!.weight), k]] : [])),
      ...(product(head, "", to) ? [[constant.broadcastTo(k.shape), k]] : []),
    ];
  });
  if (pairs.length === 0) {
    const zero = stream.zero.matmul(key!.weight);
    return { query: zero, key: zero };
  }
  return {
    query: concat(
      pairs.map(([q]) => q!),
      -1,
    ),
    key: concat(
      pairs.map(([, k]) => k!),
      -1,
    ),
  };
}

/** The residual stream, component by component. */
class Stream {
  readonly #written = new Map<Component, Tensor>();
  /** Biases of the attention's output maps: no component's, and never cut. */
  #biases: Tensor;
  #known = new Map<string, Tensor>();

  readonly #model: Gpt2;
  readonly #intervention: Intervention;
  readonly #means: ReadonlyMap<Component, Tensor>;
  readonly #witness: Witness;

  constructor(model: Gpt2, intervention: Intervention, means: ReadonlyMap<Component, Tensor>, witness: Witness) {
    this.#model = model;
    this.#intervention = intervention;
    this.#means = means;
    this.#witness = witness;

    const { dModel } = model.config;
    this.#biases = tensor(new Float32Array(dModel), [1, 1, dModel]);
  }

  write(name: Component, output: Tensor): void {
    this.#written.set(name, output);
    this.#witness.component?.(name, output);
    this.#known = new Map();
  }

  shift(bias: Tensor): void {
    this.#biases = this.#biases.add(bias);
    this.#known = new Map();
  }

  /** [B, n, D] of zeros. */
  get zero(): Tensor {
    return this.#written.get("tokens")!.mul(0);
  }

  /** A reader's normalised input [B, n, D]; readers with the same paths share it. */
  read(reader: Reader, norm: string): Tensor {
    const { shifts, scales } = this.#intervention;
    const gates = this.#gates(reader);
    const shift = shifts?.get(reader);
    const key = shift || gates.some((gate) => typeof gate !== "number") ? undefined : `${norm} ${gates.join()}`;
    const sum = this.#shared(key, () => {
      let total = shift ? this.#biases.add(shift) : this.#biases;
      [...this.#written].forEach(([component, output], c) => {
        const gate = gates[c]!;
        total = total.add(
          gate === 1 ? output : gate === 0 ? this.#constant(component) : this.#between(component, output, gate),
        );
      });
      return total.broadcastTo(this.#written.get("tokens")!.shape);
    });
    this.#watch(reader, norm, sum);
    const scale = scales?.get(reader);
    const [gain, bias] = [this.#model.parameter(`${norm}.weight`), this.#model.parameter(`${norm}.bias`)];
    if (scale === undefined) {
      return this.#shared(key && `${key} normal`, () => sum.layerNorm(gain, bias, this.#model.config.epsilon));
    }
    const centred = this.#shared(key && `${key} centred`, () => sum.sub(sum.mean(-1, true)).mul(gain));
    return centred.mul(scale).add(bias);
  }

  /** What `read` gives where the norm is linear, part by part. Only paths that are open are parts; all else is the constant. */
  partsOf(
    reader: Reader,
    norm: string,
  ): { readonly parts: readonly { readonly from: Component; readonly part: Tensor }[]; readonly constant: Tensor } {
    const gates = this.#gates(reader);
    const scale = this.#intervention.scales?.get(reader);
    if (scale === undefined) throw new RangeError(`PathModel: ${reader} has no scale; products need linear norms.`);
    const [gain, bias] = [this.#model.parameter(`${norm}.weight`), this.#model.parameter(`${norm}.bias`)];
    const linear = (x: Tensor): Tensor => x.sub(x.mean(-1, true)).mul(gain).mul(scale);
    let constant = this.#intervention.shifts?.has(reader)
      ? this.#biases.add(this.#intervention.shifts.get(reader)!)
      : this.#biases;
    const parts = [...this.#written].flatMap(([from, output], c) => {
      if (gates[c] === 1) return [{ from, part: linear(output) }];
      constant = constant.add(this.#constant(from));
      return [];
    });
    return { parts, constant: linear(constant).add(bias) };
  }

  #gates(reader: Reader): (number | Tensor)[] {
    const { gate } = this.#intervention;
    return [...this.#written.keys()].map((component) => gate?.(component, reader) ?? 1);
  }

  #shared(key: string | undefined, compute: () => Tensor): Tensor {
    const found = key === undefined ? undefined : this.#known.get(key);
    const value = found ?? compute();
    if (key !== undefined) this.#known.set(key, value);
    return value;
  }

  #constant(component: Component): Tensor {
    const constant = this.#intervention.constants?.get(component) ?? this.#means.get(component);
    if (!constant) throw new RangeError(`PathModel: there is no mean for the path from ${component}, which is cut.`);
    return constant;
  }

  #between(component: Component, output: Tensor, gate: number | Tensor): Tensor {
    const constant = this.#constant(component);
    return output.sub(constant).mul(gate).add(constant);
  }

  #watch(reader: Reader, norm: string, sum: Tensor): void {
    if (!this.#witness.norm) return;
    const centred = sum.sub(sum.mean(-1, true));
    const variance = centred.mul(centred).mean(-1);
    const { epsilon } = this.#model.config;
    this.#witness.norm(
      reader,
      norm,
      Float32Array.from(variance.data, (v) => 1 / Math.sqrt(v + epsilon)),
    );
  }
}

/** What paths carry and norms divide by in the mean, at all positions of some sequences. */
export function meansOf(
  model: Gpt2,
  sequences: readonly Sequence[],
): { components: Map<Component, Tensor>; scales: Map<string, number> } {
  const { dModel } = model.config;
  const sums = new Map<Component, Float64Array>();
  const deviations = new Map<string, { sum: number; count: number }>();
  let positions = 0;
  const paths = new PathModel(model);
  for (const sequence of sequences) {
    positions += sequence.ids.length;
    paths.logits(sequence, WHOLE, {
      component: (name, { data }) => {
        const sum = sums.get(name) ?? new Float64Array(dModel);
        data.forEach((value, at) => (sum[at % dModel]! += value));
        sums.set(name, sum);
      },
      norm: (_, name, inverse) => {
        const known = deviations.get(name) ?? { sum: 0, count: 0 };
        inverse.forEach((value) => (known.sum += value));
        deviations.set(name, { sum: known.sum, count: known.count + inverse.length });
      },
    });
  }
  return {
    components: new Map(
      [...sums].map(([name, sum]) => [
        name,
        tensor(
          Float32Array.from(sum, (x) => x / positions),
          [1, 1, dModel],
        ),
      ]),
    ),
    scales: new Map([...deviations].map(([name, { sum, count }]) => [name, sum / count])),
  };
}
