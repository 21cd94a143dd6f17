/**
 * The subspaces of a model's residual stream: those of the plan, which heads and hidden units write, and those of the embeddings. A
 * coordinate can belong to several, one after the other: hidden units set it to 0 in between.
 */
import { groupBy } from "../../language/maps.js";
import type { Layout } from "../layout/layout.js";
import { atomToJson } from "../model/card-json.js";
import type { ModelCard } from "../model/model-card.js";
import type { ModelFile } from "../model/model-file.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { BOS_COORDINATE } from "../layout/layout.js";
import { labelOf } from "../plan/ir/plan.js";
import type { CircuitSOp, CircuitSubspace } from "./circuit.js";
import type { Reader, Writer } from "./components.js";
import { ONE_LABEL } from "../model/uniform.js";
import { stackOf, type Stack } from "./stack.js";

/** A subspace with the coordinates of the compiled model's own basis. */
interface Held extends CircuitSubspace {
  readonly coordinates: readonly number[];
}

/** What a node writes. */
export interface WrittenSubspaces {
  readonly writes: readonly number[];
  readonly units: readonly (readonly number[])[];
  readonly clears: readonly number[];
}

type NamesOf = (sop: NormalSOp) => CircuitSOp[];

export class Subspaces {
  readonly #held: readonly Held[];
  readonly #stack: Stack;

  /**
   * @param stack - whose maps write and read; its first coordinates are those of the model
   * @param namesOf - the named s-ops of the program that are this one of the normal form
   */
  constructor({ card, model }: ModelFile, layout: Layout, stack: Stack, namesOf: NamesOf) {
    this.#stack = stack;
    const written = ofPlan(layout, namesOf);
    this.#held = [...ofEmbeddings(card, stackOf(model), written), ...written];
  }

  get list(): readonly CircuitSubspace[] {
    return this.#held.map(({ label, sops, writer, layer, basis, values }) => ({
      ...{ label, sops, writer, layer, basis, values },
    }));
  }

  writtenBy(writer: Writer): WrittenSubspaces {
    const touched = this.#touchedBy(writer);
    const own = [...this.#held.keys()].filter((s) => this.#isOf(this.#held[s]!, writer, touched));
    if (writer.kind !== "mlp") return { writes: own, units: [], clears: [] };
    const mine = new Set(own.flatMap((s) => this.#held[s]!.coordinates));
    const others = [...touched].filter((c) => !mine.has(c));
    const clears = [...this.#held.keys()].filter((s) => {
      const { coordinates, layer } = this.#held[s]!;
      return layer <= writer.layer && !own.includes(s) && coordinates.some((c) => others.includes(c));
    });
    return { writes: own, units: own.map((s) => this.#unitsOf(writer.layer, this.#held[s]!)), clears };
  }

  /** The subspaces that an edge carries: those that the writer writes, in coordinates that the reader's map reads. */
  carried(writer: Writer, reader: Reader): number[] {
    const read = this.#readBy(reader);
    const { writes, clears } = this.writtenBy(writer);
    return [...writes, ...clears].filter((s) => this.#held[s]!.coordinates.some((c) => read.has(c)));
  }

  #isOf({ writer, layer, coordinates }: Held, of: Writer, touched: ReadonlySet<number>): boolean {
    if (layer !== of.layer || !coordinates.some((c) => touched.has(c))) return false;
    if (writer === "embedding") return of.kind === "embed" || of.kind === "pos_embed";
    return writer === (of.kind === "head" ? "attention" : "feed-forward");
  }

  /** The coordinates to which a writer adds anything other than a constant of all its rows. */
  #touchedBy({ kind, layer, head }: Writer): Set<number> {
    const { dModel, tokens, positions, layers } = this.#stack;
    if (kind === "embed") return columnsIn(tokens, dModel);
    if (kind === "pos_embed") return columnsIn(positions, dModel);
    return columnsIn(kind === "head" ? layers[layer]!.heads[head]!.output : layers[layer]!.output.weight, dModel);
  }

  #readBy({ kind, layer, head }: Reader): Set<number> {
    const { layers, unembedding } = this.#stack;
    if (kind === "unembed") return rowsIn(unembedding.weight, unembedding.outputs);
    const map = kind === "mlp" ? layers[layer]!.hidden : layers[layer]!.heads[head]![kind];
    return rowsIn(map.weight, map.outputs);
  }

  #unitsOf(layer: number, { coordinates }: Held): number[] {
    const { weight, inputs, outputs } = this.#stack.layers[layer]!.output;
    return Array.from({ length: inputs }, (_, u) => u).filter((u) =>
      coordinates.some((c) => weight[u * outputs + c] !== 0),
    );
  }
}

function ofPlan(layout: Layout, namesOf: NamesOf): Held[] {
  const written = layout.readbacks.filter(({ subspace }) => subspace.writer !== "embedding");
  return [...groupBy(written, ({ subspace }) => subspace)].map(([subspace, readbacks]): Held => {
    const coordinates = subspace.names.map((_, c) => layout.coordinate(subspace, c));
    const found = readbacks.flatMap(({ sop }) => {
      const named = namesOf(sop);
      return named.length > 0 ? named : [{ name: labelOf(sop) }];
    });
    return {
      label: subspace.label,
      sops: found,
      writer: subspace.writer,
      layer: subspace.layer - 1,
      basis: { coordinates },
      coordinates,
      values: readbacks[0]!.values.flatMap((value) => {
        const vector = readbacks[0]!.expected(value);
        return vector ? [{ value: atomToJson(value), vector }] : [];
      }),
    };
  });
}

/** The mark of BOS, the tokens, the positions, the 1 of every position, and the anchors that positions carry for heads. */
function ofEmbeddings(card: ModelCard, { tokens, positions, dModel }: Stack, written: readonly Held[]): Held[] {
  const taken = new Set(
    written.filter(({ writer }) => writer === "attention").flatMap(({ coordinates }) => coordinates),
  );
  const rowOf = (data: Float32Array, row: number, coordinates: readonly number[]): number[] =>
    coordinates.map((c) => data[row * dModel + c]!);
  // A model with equal layers has a coordinate that is 1 everywhere, after those of the compiled model.
  const isUniform = card.labels.at(-1) === ONE_LABEL;
  const one = isUniform ? dModel - 1 : dModel;
  const ofTokens = [...columnsIn(tokens.subarray(dModel), dModel)].sort((a, b) => a - b);
  const inPositions = [...columnsIn(positions, dModel)].sort((a, b) => a - b).filter((c) => c !== one);
  const [anchors, ofPositions] = [inPositions.filter((c) => taken.has(c)), inPositions.filter((c) => !taken.has(c))];
  const held = (
    label: string,
    coordinates: readonly number[],
    values: CircuitSubspace["values"],
    sop?: string,
  ): Held[] =>
    coordinates.length === 0
      ? []
      : [
          {
            label,
            sops: sop === undefined ? [] : [{ name: sop }],
            writer: "embedding",
            layer: -1,
            basis: { coordinates },
            coordinates,
            values,
          },
        ];
  const tokenValues = card.vocabulary.map((token, v) => ({
    value: atomToJson(token),
    vector: rowOf(tokens, v + 1, ofTokens),
  }));
  const positionValues = Array.from({ length: card.maxLength }, (_, i) => ({
    value: atomToJson(BigInt(i)),
    vector: rowOf(positions, i + 1, ofPositions),
  }));
  return [
    ...held("BOS", [BOS_COORDINATE], []),
    ...held("tokens", ofTokens, tokenValues, "tokens"),
    ...held("indices", ofPositions, positionValues, "indices"),
    ...held("anchors", anchors, []),
    ...held(ONE_LABEL, isUniform ? [one] : [], []),
  ];
}

/** The columns of a matrix of this width that are not 0. */
function columnsIn(data: Float32Array, width: number): Set<number> {
  const found = new Set<number>();
  data.forEach((x, i) => {
    if (x !== 0) found.add(i % width);
  });
  return found;
}

/** The rows of a matrix of this width that are not 0. */
function rowsIn(data: Float32Array, width: number): Set<number> {
  const found = new Set<number>();
  data.forEach((x, i) => {
    if (x !== 0) found.add(Math.floor(i / width));
  });
  return found;
}
