/**
 * The pruned model written out: its logits as a sum of projections of tokens, positions, and what attention carries of them. Where layer
 * norms are linear, every map is a product of the model's matrices (Elhage et al. 2021, "A Mathematical Framework for Transformer
 * Circuits"). A feed-forward sublayer that reads tokens alone is a table of tokens; those that read more are listed as unread.
 */
import { exactExp as exp, tensor, type Tensor } from "@selectron/core";
import { getOrInsert } from "../../../language/maps.js";
import type { Task } from "../data/task.js";
import type { HeadReading } from "../heads/head-reading.js";
import { everything } from "../heads/named-patterns.js";
import type { HeadPlace } from "../heads/soft-pattern.js";
import { readerOf, type Component, type Reader } from "../interventions/components.js";
import type { LinearModel } from "../interventions/linearize.js";
import type { PathModel } from "../interventions/path-model.js";
import { Readout } from "../readout/readout.js";
import { attendVariable, positionVariable, tokenVariable } from "../variables/basic.js";
import type { Pattern, Variable } from "../variables/variable.js";
import { STEP, tokenScore } from "./token-score.js";

/** A variable and the linear map [basis, D] that it goes through. */
interface Mapped {
  readonly variable: Variable;
  readonly map: Tensor;
}

/** A sum of linear maps of variables, and a constant [1, D]. */
interface Expanded {
  readonly parts: readonly Mapped[];
  readonly constant: Tensor;
}

/** Thrown where a head has no pattern: its weights do not show one, and it was not read off its attention. */
export class UnreadHeadError extends Error {
  override readonly name = "UnreadHeadError";
}

export class Expansion {
  /** Feed-forward sublayers that read more than tokens, and what they read. */
  readonly unread = new Map<Component, readonly Variable[]>();
  readonly #known = new Map<Component, Expanded>();
  readonly #tokens: Variable;

  readonly #paths: PathModel;
  readonly #linear: LinearModel;
  readonly #task: Task;
  readonly #readings: readonly HeadReading[];
  /** Score tables are rounded to multiples of it. */
  readonly #step: number;

  constructor(paths: PathModel, linear: LinearModel, task: Task, readings: readonly HeadReading[], step = STEP) {
    this.#paths = paths;
    this.#linear = linear;
    this.#task = task;
    this.#readings = readings;
    this.#step = step;
    this.#tokens = tokenVariable(task);
  }

  /**
   * The unembedding of everything that is linear. Where a layer norm is not linear, the variables are right and the maps are not.
   *
   * @throws UnreadHeadError if a head has no pattern
   */
  readout(): Readout {
    const { parts, constant } = this.#read("logits");
    const out = this.#paths.model.unembedding;
    return new Readout(
      this.#task,
      parts.map(({ variable, map }) => ({
        variable,
        identity: 0,
        successor: 0,
        table: Float64Array.from(map.matmul(out).data),
      })),
      Float64Array.from(constant.matmul(out).data),
      0,
    );
  }

  /** A reader's input after its layer norm. */
  #read(reader: Reader): Expanded {
    const logScale = this.#linear.constants.logScales.get(reader);
    if (!logScale) return this.#sum(reader);
    const { norm } = this.#paths.reader(reader);
    const [gain, bias] = [this.#get(`${norm}.weight`), this.#get(`${norm}.bias`)];
    const scale = exp(logScale.item());
    const through = (x: Tensor): Tensor => x.sub(x.mean(-1, true)).mul(gain).mul(scale);
    const { parts, constant } = this.#sum(reader);
    return {
      parts: parts.map(({ variable, map }) => ({ variable, map: through(map) })),
      constant: through(constant).add(bias),
    };
  }

  /** A reader's input before its layer norm. */
  #sum(reader: Reader): Expanded {
    const { constants, shifts } = this.#linear.constants;
    const { sources, attentionBefore } = this.#paths.reader(reader);
    const parts = new Map<string, Mapped>();
    let constant = this.#row(shifts.get(reader)!);
    // Output biases of attention sublayers belong to no component and are never cut.
    for (let l = 0; l < attentionBefore; l++) constant = constant.add(this.#row(this.#get(`h.${l}.attn.c_proj.bias`)));
    for (const component of sources) {
      if (!this.#linear.paths.some(({ from, to }) => from === component && to === reader)) {
        constant = constant.add(this.#row(constants.get(component)!));
        continue;
      }
      const own = getOrInsert(this.#known, component, () => this.#expand(component));
      constant = constant.add(own.constant);
      for (const { variable, map } of own.parts) {
        const before = parts.get(variable.key)?.map;
        parts.set(variable.key, { variable, map: before ? before.add(map) : map });
      }
    }
    return { parts: [...parts.values()], constant };
  }

  #expand(name: Component): Expanded {
    const component = this.#paths.structure.components.get(name)!;
    switch (component.kind) {
      case "tokens":
        return { parts: [{ variable: this.#tokens, map: this.#get("wte.weight") }], constant: this.#nothing() };
      case "positions": {
        const variable = positionVariable(this.#paths.model.config.maxLength);
        return { parts: [{ variable, map: this.#get("wpe.weight") }], constant: this.#nothing() };
      }
      case "head":
        return this.#head(name, component);
      case "feedForward":
        return this.#feedForward(name, component.layer);
    }
  }

  #head(name: Component, { layer, head }: HeadPlace): Expanded {
    const { parts, constant } = this.#read(readerOf(name, "value"));
    const value = this.#paths.headMap(layer, head, "value");
    const out = this.#paths.headOutput(layer, head);
    const pattern = this.#pattern(name, { layer, head });
    return {
      parts: parts.map(({ variable, map }) => ({
        variable: attendVariable(pattern, variable),
        map: map.matmul(value.weight).matmul(out),
      })),
      constant: constant.matmul(value.weight).add(value.bias).matmul(out),
    };
  }

  #feedForward(name: Component, layer: number): Expanded {
    const { epsilon } = this.#paths.model.config;
    const isLinear = this.#linear.constants.logScales.has(name);
    const { parts, constant } = this.#read(name);
    const { norm } = this.#paths.reader(name);
    const normalized = (x: Tensor): Tensor =>
      isLinear ? x : x.layerNorm(this.#get(`${norm}.weight`), this.#get(`${norm}.bias`), epsilon);
    const apply = (x: Tensor): Tensor => this.#paths.feedForward(layer, normalized(x));
    if (parts.length === 0) return { parts: [], constant: apply(constant) };
    if (parts.length === 1 && parts[0]!.variable.key === this.#tokens.key) {
      const map = apply(parts[0]!.map.add(constant));
      return { parts: [{ variable: this.#tokens, map }], constant: this.#nothing() };
    }
    this.unread.set(
      name,
      parts.map(({ variable }) => variable),
    );
    return { parts: [], constant: this.#nothing() };
  }

  /** A table of tokens if the head's scores compare nothing else; otherwise the pattern that was read off its attention. */
  #pattern(name: Component, place: HeadPlace): Pattern {
    const products = this.#linear.products?.filter((product) => product.head === name);
    if (products?.length === 0) return everything;
    const ofTokens = products?.every(({ query, key }) => key === "tokens" && (query === "tokens" || query === ""));
    if (!ofTokens || place.layer > 0 || this.#task.numbers) {
      const reading = this.#readings.find(({ layer, head }) => layer === place.layer && head === place.head);
      if (!reading) throw new UnreadHeadError(`the scores of head ${name} were not read`);
      return reading.pattern;
    }
    const scores = this.#tokenScores(name, place, new Set(products!.map(({ query }) => query)));
    return tokenScore(this.#task, name, Float64Array.from(scores.data), this.#step);
  }

  /** The scores [V, V] of a query's token with a key's: of the products with these queries. */
  #tokenScores(name: Component, { layer, head }: HeadPlace, queries: ReadonlySet<Component | "">): Tensor {
    const [query, key] = [this.#read(readerOf(name, "query")), this.#read(readerOf(name, "key"))];
    const [onQuery, onKey] = [this.#paths.headMap(layer, head, "query"), this.#paths.headMap(layer, head, "key")];
    const tokenMap = ({ parts }: Expanded): Tensor =>
      parts.find(({ variable }) => variable.key === this.#tokens.key)!.map;
    const keys = tokenMap(key).matmul(onKey.weight).transpose();
    const size = this.#task.vocabulary.length;
    let scores = tensor(new Float32Array(size * size), [size, size]);
    if (queries.has("tokens")) scores = scores.add(tokenMap(query).matmul(onQuery.weight).matmul(keys));
    if (queries.has("")) scores = scores.add(query.constant.matmul(onQuery.weight).add(onQuery.bias).matmul(keys));
    return scores.mul(1 / Math.sqrt(onKey.bias.size));
  }

  #row(x: Tensor): Tensor {
    return x.reshape([1, this.#paths.model.config.dModel]);
  }

  #nothing(): Tensor {
    const { dModel } = this.#paths.model.config;
    return tensor(new Float32Array(dModel), [1, dModel]);
  }

  #get(name: string): Tensor {
    return this.#paths.model.parameter(name);
  }
}
