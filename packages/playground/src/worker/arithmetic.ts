/** One number of a forward pass as the sum that it is: inputs times weights, bias, ReLU. */
import type { Tensor } from "@selectron/core";
import { describeAtom, type CompiledModel } from "@selectron/rasp";
import { nameOf, type Looked } from "./look.js";
import type { NumberQuestion, NumberReply, Term } from "./model-protocol.js";

/** The most terms that are told; of more the largest. */
const MOST_TERMS = 16;

const NOTHING: NumberReply = { kind: "number", of: "nothing", before: 0, terms: [], rest: 0, bias: 0, after: 0 };

/** Answers about the last run. */
export function numberOf(
  model: CompiledModel | undefined,
  looked: Looked | undefined,
  question: NumberQuestion,
): NumberReply {
  const place = looked?.stages[question.stage];
  const isThere =
    model && looked && place && question.position < looked.ids.length && question.coordinate < model.stats.dModel;
  if (!isThere) return NOTHING;
  const pass = new Pass(model, looked);
  if (place.layer === 0) return pass.embedding(question.position, question.coordinate);
  if (place.sublayer === "attention") return pass.attention(place.layer - 1, question.position, question.coordinate);
  return question.unit === undefined
    ? pass.feedForward(place.layer - 1, question.position, question.coordinate)
    : pass.unit(place.layer - 1, question.position, question.unit);
}

class Pass {
  readonly #model: CompiledModel;
  readonly #looked: Looked;
  readonly #parameters: ReadonlyMap<string, Tensor>;

  constructor(model: CompiledModel, looked: Looked) {
    this.#model = model;
    this.#looked = looked;
    this.#parameters = model.model.parameters();
  }

  embedding(position: number, coordinate: number): NumberReply {
    const id = this.#looked.ids[position]!;
    const token = id === 0 ? "BOS" : describeAtom(this.#model.card.vocabulary[id - 1]!);
    const terms = [
      this.#term(`token ${token}`, 1, this.#weight("embedding.token.weight", id, coordinate)),
      this.#term(
        `position ${position === 0 ? "BOS" : position - 1}`,
        1,
        this.#weight("embedding.position.weight", position, coordinate),
      ),
    ];
    return this.#reply("embedding", 0, terms, 0, this.#activation("embedding", position, coordinate));
  }

  feedForward(layer: number, position: number, coordinate: number): NumberReply {
    const block = `blocks.${layer}.feedForward`;
    const { dFf } = this.#model.model.config.blocks[layer]!;
    const hidden = this.#looked.activations.get(`${block}.hidden`)!;
    const terms = Array.from({ length: dFf }, (_, unit): Term => ({
      ...this.#term(
        `unit ${unit}`,
        hidden[position * dFf + unit]!,
        this.#weight(`${block}.output.weight`, unit, coordinate),
      ),
      unit,
    }));
    const before = this.#activation(nameOf({ layer: layer + 1, sublayer: "attention" }), position, coordinate);
    const after = this.#activation(nameOf({ layer: layer + 1, sublayer: "feed-forward" }), position, coordinate);
    return this.#reply("feed-forward", before, terms, this.#bias(`${block}.output.bias`, coordinate), after);
  }

  unit(layer: number, position: number, unit: number): NumberReply {
    const block = `blocks.${layer}.feedForward`;
    const { dFf } = this.#model.model.config.blocks[layer]!;
    if (unit >= dFf) return NOTHING;
    const stream = nameOf({ layer: layer + 1, sublayer: "attention" });
    const terms = this.#model.card.labels.map((label, i) =>
      this.#term(label, this.#activation(stream, position, i), this.#weight(`${block}.hidden.weight`, i, unit)),
    );
    const after = this.#looked.activations.get(`${block}.hidden`)![position * dFf + unit]!;
    return this.#reply("unit", 0, terms, this.#bias(`${block}.hidden.bias`, unit), after);
  }

  /** A term for each head and key: the share of the key times what the head reads there, through the output's weights. */
  attention(layer: number, position: number, coordinate: number): NumberReply {
    const block = `blocks.${layer}.attention`;
    const { heads, dHead } = this.#model.model.config.blocks[layer]!;
    const { ids, activations, stages } = this.#looked;
    const size = ids.length;
    const pattern = activations.get(`${block}.pattern`)!;
    const at = stages.findIndex((stage) => stage.layer === layer + 1 && stage.sublayer === "attention");
    const stream = nameOf(stages[at - 1]!);
    const { dModel } = this.#model.stats;
    const terms: Term[] = [];
    for (let head = 0; head < heads; head++) {
      for (let key = 0; key < size; key++) {
        const share = pattern[(head * size + position) * size + key]!;
        let value = 0;
        for (let e = head * dHead; e < (head + 1) * dHead; e++) {
          const out = this.#weight(`${block}.output.weight`, e, coordinate);
          if (out === 0) continue;
          let read = this.#bias(`${block}.value.bias`, e);
          for (let i = 0; i < dModel; i++) {
            const weight = this.#weight(`${block}.value.weight`, i, e);
            if (weight !== 0) read += weight * this.#activation(stream, key, i);
          }
          value += read * out;
        }
        terms.push({
          what: `head ${head + 1}, ${key === 0 ? "BOS" : `position ${key - 1}`}`,
          value: share,
          weight: value,
          product: share * value,
        });
      }
    }
    const after = this.#activation(nameOf({ layer: layer + 1, sublayer: "attention" }), position, coordinate);
    const bias = this.#bias(`${block}.output.bias`, coordinate);
    return this.#reply("attention", this.#activation(stream, position, coordinate), terms, bias, after);
  }

  #term(what: string, value: number, weight: number): Term {
    return { what, value, weight, product: value * weight };
  }

  #activation(name: string, position: number, coordinate: number): number {
    return this.#looked.activations.get(name)![position * this.#model.stats.dModel + coordinate]!;
  }

  #weight(name: string, row: number, column: number): number {
    const { data, shape } = this.#parameters.get(name)!;
    return data[row * shape[1]! + column]!;
  }

  #bias(name: string, column: number): number {
    return this.#parameters.get(name)?.data[column] ?? 0;
  }

  #reply(of: NumberReply["of"], before: number, all: readonly Term[], bias: number, after: number): NumberReply {
    const terms = all.filter(({ product }) => product !== 0);
    const sorted = [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
    return {
      kind: "number",
      of,
      before,
      terms: sorted.slice(0, MOST_TERMS),
      rest: sorted.slice(MOST_TERMS).reduce((sum, { product }) => sum + product, 0),
      bias,
      after,
    };
  }
}
