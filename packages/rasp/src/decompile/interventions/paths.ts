/**
 * A GPT-2-style model as components and the paths between them: every reader of the residual stream (a head's query, key or value, a
 * feed-forward sublayer, the unembedding) sums up the components it reads by itself, so that a path can be cut for one reader alone. A
 * cut path carries the component's mean, which is the constant that changes the reader's input least. With nothing cut the logits are
 * the model's.
 */
import { attention, noGrad, scope, tensor, type Tensor } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Sequence } from "../data.js";

/** What writes to the residual stream: `tokens`, `positions`, a head `0.1` (layer, head) or a feed-forward sublayer `0.mlp`. */
export type Component = string;
/** What reads it: `0.1.query`, `0.1.key`, `0.1.value`, `0.mlp` or `logits`. */
export type Reader = string;

/** What is changed about a model. */
export interface Intervention {
  /** Whether a component reaches a reader. */
  readonly reaches: (component: Component, reader: Reader) => boolean;
  /** The constant inverse deviation that stands in for a layer norm's own, by the norm's name; its own where absent. */
  readonly scales?: ReadonlyMap<string, number>;
}

export const WHOLE: Intervention = { reaches: () => true };

/** Told each component's output [n, D] and each layer norm's inverse deviations [n]. */
export interface Witness {
  readonly component?: (name: Component, output: Tensor) => void;
  readonly norm?: (name: string, inverseDeviations: Float32Array) => void;
}

export class PathModel {
  /** In the order in which they are computed. */
  readonly components: readonly Component[];
  /** Readers and what they could read. */
  readonly readers: readonly { readonly reader: Reader; readonly sources: readonly Component[] }[];

  constructor(
    readonly model: Gpt2,
    /** Per component [D]: what a cut path carries. */
    private readonly means: ReadonlyMap<Component, Tensor> = new Map(),
  ) {
    const { layers, heads } = model.config;
    const components = ["tokens", "positions"];
    const readers: { reader: Reader; sources: readonly Component[] }[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const before = [...components];
      for (let head = 0; head < heads; head++) {
        for (const part of PARTS) readers.push({ reader: `${layer}.${head}.${part}`, sources: before });
        components.push(`${layer}.${head}`);
      }
      readers.push({ reader: `${layer}.mlp`, sources: [...components] });
      components.push(`${layer}.mlp`);
    }
    readers.push({ reader: "logits", sources: [...components] });
    this.components = components;
    this.readers = readers;
  }

  /** The logits [n, V] under an intervention. */
  logits({ ids, offset }: Sequence, { reaches, scales }: Intervention, witness: Witness = {}): Float32Array {
    return scope(() => noGrad(() => this.#run(ids, offset, reaches, scales, witness).data.slice()));
  }

  #run(
    ids: readonly number[],
    offset: number,
    reaches: Intervention["reaches"],
    scales: Intervention["scales"],
    witness: Witness,
  ): Tensor {
    const { layers, heads, dModel } = this.model.config;
    const width = dModel / heads;
    const get = (name: string): Tensor => this.model.parameter(name);
    const written = new Map<Component, Tensor>();
    const write = (name: Component, output: Tensor): void => {
      written.set(name, output);
      witness.component?.(name, output);
    };
    // Biases of the attention's output maps: no component's, and never cut.
    let constants = tensor(new Float32Array(dModel), [1, dModel]);
    let known = new Map<string, Tensor>();
    /** A reader's normalised input; readers with the same paths share it. */
    const read = (reader: Reader, norm: string): Tensor => {
      const gates = [...written.keys()].map((component) => reaches(component, reader));
      const key = `${norm} ${gates.join()}`;
      const found = known.get(key);
      if (found) return found;
      let sum = constants;
      [...written].forEach(([component, output], c) => (sum = sum.add(gates[c] ? output : this.#mean(component))));
      const whole = sum.broadcastTo([ids.length, dModel]);
      const input = this.#norm(whole, norm, scales?.get(norm), witness);
      known.set(key, input);
      return input;
    };
    write("tokens", get("wte.weight").gather(ids));
    write("positions", get("wpe.weight").gather(ids.map((_, i) => offset + i)));
    for (let layer = 0; layer < layers; layer++) {
      const path = `h.${layer}`;
      const outputs: [Component, Tensor][] = [];
      for (let head = 0; head < heads; head++) {
        const [query, key, value] = PARTS.map((part, p) => {
          const columns: [number, number] = [p * dModel + head * width, p * dModel + (head + 1) * width];
          const weight = get(`${path}.attn.c_attn.weight`).slice(...columns, 1);
          const bias = get(`${path}.attn.c_attn.bias`).slice(...columns);
          return read(`${layer}.${head}.${part}`, `${path}.ln_1`).matmul(weight).add(bias).reshape([1, 1, ids.length, width]); // prettier-ignore
        });
        const mixed = attention(query!, key!, value!, { causal: true }).reshape([ids.length, width]);
        const out = get(`${path}.attn.c_proj.weight`).slice(head * width, (head + 1) * width);
        outputs.push([`${layer}.${head}`, mixed.matmul(out)]);
      }
      outputs.forEach(([name, output]) => write(name, output));
      constants = constants.add(get(`${path}.attn.c_proj.bias`));
      known = new Map();
      const hidden = read(`${layer}.mlp`, `${path}.ln_2`)
        .matmul(get(`${path}.mlp.c_fc.weight`))
        .add(get(`${path}.mlp.c_fc.bias`))
        .gelu();
      write(`${layer}.mlp`, hidden.matmul(get(`${path}.mlp.c_proj.weight`)).add(get(`${path}.mlp.c_proj.bias`)));
      known = new Map();
    }
    return read("logits", "ln_f").matmul(this.model.unembedding);
  }

  #mean(component: Component): Tensor {
    const mean = this.means.get(component);
    if (!mean) throw new RangeError(`PathModel: there is no mean for the path from ${component}, which is cut.`);
    return mean;
  }

  /** A layer norm with its own scale at each position, or with one for all. */
  #norm(x: Tensor, name: string, scale: number | undefined, witness: Witness): Tensor {
    const [gain, bias] = [this.model.parameter(`${name}.weight`), this.model.parameter(`${name}.bias`)];
    const { epsilon } = this.model.config;
    if (witness.norm) {
      const centred = x.sub(x.mean(-1, true));
      const variance = centred.mul(centred).mean(-1);
      witness.norm(
        name,
        Float32Array.from(variance.data, (v) => 1 / Math.sqrt(v + epsilon)),
      );
    }
    if (scale === undefined) return x.layerNorm(gain, bias, epsilon);
    return x.sub(x.mean(-1, true)).mul(scale).mul(gain).add(bias);
  }
}

const PARTS = ["query", "key", "value"] as const;

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
      norm: (name, inverse) => {
        const known = deviations.get(name) ?? { sum: 0, count: 0 };
        inverse.forEach((value) => (known.sum += value));
        deviations.set(name, { sum: known.sum, count: known.count + inverse.length });
      },
    });
  }
  return {
    components: new Map([...sums].map(([name, sum]) => [name, tensor(Float32Array.from(sum, (x) => x / positions), [1, dModel])])), // prettier-ignore
    scales: new Map([...deviations].map(([name, { sum, count }]) => [name, sum / count])),
  };
}
