/**
 * The model that pruning left, written out: what reaches the logits as a sum of projections of tokens, positions, and what attention
 * carries of them. Where layer norms are linear, every map is a product of the model's matrices (Elhage et al. 2021, "A Mathematical
 * Framework for Transformer Circuits"). A feed-forward sublayer that hears tokens alone is a table of tokens; others are told apart.
 */
import { tensor, type Tensor } from "@selectron/core";
import { exp } from "../numeric/exact-functions.js";
import type { LinearModel } from "../interventions/linearize.js";
import type { Component, PathModel, Reader } from "../interventions/path-model.js";
import { namedPatterns, type Pattern } from "../heads/named-patterns.js";
import { Readout } from "../readout/readout.js";
import type { HeadReading } from "../search/search.js";
import type { Task } from "../data/task.js";
import { attendVariable, positionVariable, tokenVariable, type Variable } from "../variables/variable.js";
import { STEP, tokenScore } from "./token-score.js";

/** A sum of linear maps of variables [basis, D], and a constant [1, D]. */
interface Expanded {
  readonly terms: readonly { readonly variable: Variable; readonly map: Tensor }[];
  readonly constant: Tensor;
}

/** A head whose scores nothing stands for. */
export class UnreadHeadError extends Error {
  override readonly name = "UnreadHeadError";
}

export class Expansion {
  /** Feed-forward sublayers that hear more than tokens, and what they hear. */
  readonly unread = new Map<Component, readonly Variable[]>();
  /** Whether every layer norm on the way is linear. Where one is not, the variables are right and the maps are not. */
  isLinear = true;
  readonly #known = new Map<Component, Expanded>();
  readonly #tokens: Variable;

  readonly #paths: PathModel;
  readonly #linear: LinearModel;
  readonly #task: Task;
  readonly #readings: readonly HeadReading[];
  /** What score tables are rounded to. */
  readonly #step: number;

  constructor(paths: PathModel, linear: LinearModel, task: Task, readings: readonly HeadReading[], step = STEP) {
    this.#paths = paths;
    this.#linear = linear;
    this.#task = task;
    this.#readings = readings;
    this.#step = step;
    this.#tokens = tokenVariable(task);
  }

  /** What the unembedding makes of all that is linear. */
  readout(): Readout {
    const { terms, constant } = this.#read("logits");
    const out = this.#paths.model.unembedding;
    return new Readout(
      this.#task,
      terms.map(({ variable, map }) => ({
        variable,
        identity: 0,
        successor: 0,
        table: Float64Array.from(map.matmul(out).data),
      })),
      Float64Array.from(constant.matmul(out).data),
      0,
    );
  }

  /** A reader's input behind its layer norm. */
  #read(reader: Reader): Expanded {
    const { norm } = this.#paths.readers.find((one) => one.reader === reader)!;
    const logScale = this.#linear.constants.logScales.get(reader);
    if (!logScale) {
      this.isLinear = false;
      return this.#sum(reader);
    }
    const [gain, bias] = [this.#get(`${norm}.weight`), this.#get(`${norm}.bias`)];
    const scale = exp(logScale.item());
    const through = (x: Tensor): Tensor => x.sub(x.mean(-1, true)).mul(gain).mul(scale);
    const { terms, constant } = this.#sum(reader);
    return {
      terms: terms.map(({ variable, map }) => ({ variable, map: through(map) })),
      constant: through(constant).add(bias),
    };
  }

  /** What a reader reads before its layer norm. */
  #sum(reader: Reader): Expanded {
    const { dModel } = this.#paths.model.config;
    const { constants, shifts } = this.#linear.constants;
    const row = (x: Tensor): Tensor => x.reshape([1, dModel]);
    const { sources } = this.#paths.readers.find((one) => one.reader === reader)!;
    const terms = new Map<string, { variable: Variable; map: Tensor }>();
    let constant = row(shifts.get(reader)!);
    // The biases of the attention's output maps up to here are nobody's, and stay.
    const layers = this.#paths.model.config.layers;
    const layer = reader === "logits" ? layers : Number(reader.split(".")[0]) + +reader.endsWith(".mlp");
    for (let l = 0; l < layer; l++) constant = constant.add(row(this.#get(`h.${l}.attn.c_proj.bias`)));
    for (const component of sources) {
      if (!this.#linear.paths.some(({ from, to }) => from === component && to === reader)) {
        constant = constant.add(row(constants.get(component)!));
        continue;
      }
      const own = this.#component(component);
      constant = constant.add(own.constant);
      for (const { variable, map } of own.terms) {
        const before = terms.get(variable.key)?.map;
        terms.set(variable.key, { variable, map: before ? before.add(map) : map });
      }
    }
    return { terms: [...terms.values()], constant };
  }

  #component(name: Component): Expanded {
    const expanded = this.#known.get(name) ?? this.#expand(name);
    this.#known.set(name, expanded);
    return expanded;
  }

  #expand(name: Component): Expanded {
    const { dModel, maxLength, heads } = this.#paths.model.config;
    const nothing = tensor(new Float32Array(dModel), [1, dModel]);
    if (name === "tokens") {
      return { terms: [{ variable: this.#tokens, map: this.#get("wte.weight") }], constant: nothing };
    }
    if (name === "positions") {
      return { terms: [{ variable: positionVariable(maxLength), map: this.#get("wpe.weight") }], constant: nothing };
    }
    const [layer, part] = name.split(".") as [string, string];
    if (part === "mlp") return this.#feedForward(name, `h.${layer}`);
    const width = dModel / heads;
    const head = Number(part);
    const { terms, constant } = this.#read(`${name}.value`);
    const value = this.#attentionMap(layer, head, 2);
    const out = this.#get(`h.${layer}.attn.c_proj.weight`).slice(head * width, (head + 1) * width);
    const pattern = this.#pattern(name, layer, head);
    return {
      terms: terms.map(({ variable, map }) => ({
        variable: attendVariable(pattern, variable),
        map: map.matmul(value.weight).matmul(out),
      })),
      constant: constant.matmul(value.weight).add(value.bias).matmul(out),
    };
  }

  #feedForward(name: Component, path: string): Expanded {
    const { dModel, epsilon } = this.#paths.model.config;
    const isLinear = this.#linear.constants.logScales.has(name);
    const { terms, constant } = isLinear ? this.#read(name) : this.#sum(name);
    const norm = (x: Tensor): Tensor =>
      isLinear ? x : x.layerNorm(this.#get(`${path}.ln_2.weight`), this.#get(`${path}.ln_2.bias`), epsilon);
    const apply = (x: Tensor): Tensor =>
      norm(x)
        .matmul(this.#get(`${path}.mlp.c_fc.weight`))
        .add(this.#get(`${path}.mlp.c_fc.bias`))
        .gelu()
        .matmul(this.#get(`${path}.mlp.c_proj.weight`))
        .add(this.#get(`${path}.mlp.c_proj.bias`));
    const nothing = tensor(new Float32Array(dModel), [1, dModel]);
    if (terms.length === 0) return { terms: [], constant: apply(constant) };
    if (terms.length === 1 && terms[0]!.variable.key === "tokens") {
      return { terms: [{ variable: this.#tokens, map: apply(terms[0]!.map.add(constant)) }], constant: nothing };
    }
    this.unread.set(
      name,
      terms.map(({ variable }) => variable),
    );
    return { terms: [], constant: nothing };
  }

  /** A head's scores as a table of tokens where it compares nothing else, else as they were read off its patterns. */
  #pattern(name: string, layer: string, head: number): Pattern {
    const products = this.#linear.products?.filter((product) => product.head === name);
    if (products?.length === 0) return namedPatterns(this.#task)[0]!;
    const ofTokens = products?.every(({ query, key }) => key === "tokens" && (query === "tokens" || query === ""));
    const reading = this.#readings.find((one) => one.layer === Number(layer) && one.head === head);
    if (!ofTokens || layer !== "0" || this.#task.numbers) {
      if (!reading) throw new UnreadHeadError(`the scores of head ${name} were not read`);
      return reading.pattern;
    }
    const [query, key] = [this.#read(`${name}.query`), this.#read(`${name}.key`)];
    const [onQuery, onKey] = [this.#attentionMap(layer, head, 0), this.#attentionMap(layer, head, 1)];
    const width = onKey.bias.size;
    const of = ({ terms }: Expanded): Tensor => terms.find(({ variable }) => variable.key === "tokens")!.map;
    const keys = of(key).matmul(onKey.weight).transpose();
    const has = (part: string): boolean => products!.some((product) => product.query === part);
    const size = this.#task.vocabulary.length;
    let scores = tensor(new Float32Array(size * size), [size, size]);
    if (has("tokens")) scores = scores.add(of(query).matmul(onQuery.weight).matmul(keys));
    if (has("")) scores = scores.add(query.constant.matmul(onQuery.weight).add(onQuery.bias).matmul(keys));
    return tokenScore(this.#task, name, Float64Array.from(scores.mul(1 / Math.sqrt(width)).data), this.#step);
  }

  #attentionMap(layer: string, head: number, part: number): { readonly weight: Tensor; readonly bias: Tensor } {
    const { dModel, heads } = this.#paths.model.config;
    const width = dModel / heads;
    const columns: [number, number] = [part * dModel + head * width, part * dModel + (head + 1) * width];
    return {
      weight: this.#get(`h.${layer}.attn.c_attn.weight`).slice(...columns, 1),
      bias: this.#get(`h.${layer}.attn.c_attn.bias`).slice(...columns),
    };
  }

  #get(name: string): Tensor {
    return this.#paths.model.parameter(name);
  }
}
