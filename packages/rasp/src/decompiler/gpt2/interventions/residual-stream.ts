/** The residual stream of a GPT-2-style model under an intervention. */
import { tensor, type Tensor } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Component, Reader } from "./components.js";
import type { Hooks, Intervention } from "./intervention.js";

/** A reader's input as a sum. */
export interface Parts {
  readonly parts: readonly { readonly from: Component; readonly part: Tensor }[];
  readonly constant: Tensor;
}

/** The residual stream, kept as the outputs of its components: each reader adds up those that reach it. */
export class ResidualStream {
  readonly #written = new Map<Component, Tensor>();
  /** The output biases of the attention sublayers so far. They belong to no component and are never cut. */
  #biases: Tensor;
  /** Sums that readers with the same paths share, until the next component writes. */
  #known = new Map<string, Tensor>();

  readonly #model: Gpt2;
  readonly #intervention: Intervention;
  readonly #means: ReadonlyMap<Component, Tensor>;
  readonly #hooks: Hooks;

  constructor(model: Gpt2, intervention: Intervention, means: ReadonlyMap<Component, Tensor>, hooks: Hooks) {
    this.#model = model;
    this.#intervention = intervention;
    this.#means = means;
    this.#hooks = hooks;

    const { dModel } = model.config;
    this.#biases = tensor(new Float32Array(dModel), [1, 1, dModel]);
  }

  /** Adds a component. */
  write(name: Component, output: Tensor): void {
    this.#written.set(name, output);
    this.#hooks.component?.(name, output);
    this.#known = new Map();
  }

  /** Adds the output bias of an attention sublayer. */
  shift(bias: Tensor): void {
    this.#biases = this.#biases.add(bias);
    this.#known = new Map();
  }

  /** [B, n, D] of zeros. */
  get zero(): Tensor {
    return this.#written.get("tokens")!.mul(0);
  }

  /** A reader's input after its layer norm [B, n, D]. */
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
    this.#callNormHook(reader, norm, sum);
    const scale = scales?.get(reader);
    const [gain, bias] = [this.#model.parameter(`${norm}.weight`), this.#model.parameter(`${norm}.bias`)];
    if (scale === undefined) {
      return this.#shared(key && `${key} normal`, () => sum.layerNorm(gain, bias, this.#model.config.epsilon));
    }
    const centred = this.#shared(key && `${key} centred`, () => sum.sub(sum.mean(-1, true)).mul(gain));
    return centred.mul(scale).add(bias);
  }

  /** What `read` gives where the norm is linear, as a sum: a part for each open path, and everything else as a constant. */
  partsOf(reader: Reader, norm: string): Parts {
    const gates = this.#gates(reader);
    const scale = this.#intervention.scales?.get(reader);
    if (scale === undefined) throw new RangeError(`PathModel: ${reader} has no scale; products need linear norms.`);
    const [gain, bias] = [this.#model.parameter(`${norm}.weight`), this.#model.parameter(`${norm}.bias`)];
    const throughNorm = (x: Tensor): Tensor => x.sub(x.mean(-1, true)).mul(gain).mul(scale);
    let constant = this.#intervention.shifts?.has(reader)
      ? this.#biases.add(this.#intervention.shifts.get(reader)!)
      : this.#biases;
    const parts = [...this.#written].flatMap(([from, output], c) => {
      if (gates[c] === 1) return [{ from, part: throughNorm(output) }];
      constant = constant.add(this.#constant(from));
      return [];
    });
    return { parts, constant: throughNorm(constant).add(bias) };
  }

  /** The gate of each component written so far. */
  #gates(reader: Reader): (number | Tensor)[] {
    const { gate } = this.#intervention;
    return [...this.#written.keys()].map((component) => gate?.(component, reader) ?? 1);
  }

  /** Computes a tensor once for each key. */
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

  /** A component's output mixed with its constant. */
  #between(component: Component, output: Tensor, gate: number | Tensor): Tensor {
    const constant = this.#constant(component);
    return output.sub(constant).mul(gate).add(constant);
  }

  /** Calls the hook for a layer norm on its input. */
  #callNormHook(reader: Reader, norm: string, sum: Tensor): void {
    if (!this.#hooks.norm) return;
    const centred = sum.sub(sum.mean(-1, true));
    const variance = centred.mul(centred).mean(-1);
    const { epsilon } = this.#model.config;
    this.#hooks.norm(
      reader,
      norm,
      Float32Array.from(variance.data, (v) => 1 / Math.sqrt(v + epsilon)),
    );
  }
}
