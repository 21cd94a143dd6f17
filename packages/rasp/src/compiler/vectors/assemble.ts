/** The weights of nn's encoder of a plan for vectors. */
import { tensor, type Tensor } from "@selectron/core";
import { type EncoderConfig } from "@selectron/nn";
import type { Affine } from "./stream.js";
import type { VectorPlan } from "./vectors.js";

/** The weights, and what positions of a longer text add to the embedding of an index. */
export interface Assembled {
  readonly config: EncoderConfig;
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Columns by coordinate; none where the program does not read `positions`. */
  readonly positions: readonly (readonly [coordinate: number, column: readonly number[]])[];
}

/** Long: it is the list of an encoder's parameters. */
export function assemble(
  { stream, heads, units }: Pick<VectorPlan, "stream" | "heads" | "units">,
  outputs: readonly Affine[],
  sizes: { readonly vocabulary: number; readonly maxLength: number },
): Assembled {
  const place = placesOf([
    ...outputs,
    ...heads.flatMap(({ dimensions, values }) => [...dimensions.flatMap(({ query, key }) => [query, key]), ...values]),
    ...units.map(({ argument }) => argument),
  ]);
  const dModel = Math.max(1, place.size);
  const layers = Math.max(0, ...[...heads, ...units].map(({ layer }) => layer + 1));
  const weights = new Map<string, Tensor>();
  const matrix = (name: string, rows: number, columns: number, fill: (data: Float32Array) => void): void => {
    const data = new Float32Array(rows * columns);
    fill(data);
    weights.set(name, tensor(data, rows === 0 ? [columns] : [rows, columns]));
  };
  const vectorOf = (name: string, count: number, fill: (data: Float32Array) => void = () => undefined): void => {
    const data = new Float32Array(count);
    fill(data);
    weights.set(name, tensor(data, [count]));
  };
  const embedded = (source: string, rows: number) => (data: Float32Array) => {
    for (const [coordinate, at] of place) {
      const { source: own, column } = stream.coordinates[coordinate]!;
      if (own === source) for (let r = 0; r < rows; r++) data[r * dModel + at] = column[r]!;
    }
  };
  /** Columns of a map that reads the stream. */
  const reads = (name: string, parts: readonly (Affine | undefined)[], factor = 1): void => {
    matrix(`${name}.weight`, dModel, parts.length, (data) => {
      parts.forEach((part, c) => {
        for (const [coordinate, weight] of part?.terms ?? []) {
          data[place.get(coordinate)! * parts.length + c] = factor * weight;
        }
      });
    });
    vectorOf(`${name}.bias`, parts.length, (data) => {
      parts.forEach((part, c) => (data[c] = factor * (part?.constant ?? 0)));
    });
  };
  /** Rows of a map that writes to one coordinate each. */
  const writes = (name: string, parts: readonly (Affine | undefined)[]): void => {
    matrix(`${name}.weight`, parts.length, dModel, (data) => {
      parts.forEach((part, r) => {
        for (const coordinate of part?.terms.keys() ?? []) {
          const at = place.get(coordinate);
          if (at !== undefined) data[r * dModel + at] = 1;
        }
      });
    });
    vectorOf(`${name}.bias`, dModel);
  };
  matrix("embedding.token.weight", sizes.vocabulary, dModel, embedded("token", sizes.vocabulary));
  matrix("embedding.position.weight", sizes.maxLength, dModel, embedded("index", sizes.maxLength));
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const own = heads.filter((head) => head.layer === layer);
    const hidden = units.filter((unit) => unit.layer === layer);
    const dHead = Math.max(0, ...own.map(({ dimensions, values }) => Math.max(1, dimensions.length, values.length)));
    const padded = <T>(list: (index: number) => readonly T[]): (T | undefined)[] =>
      own.flatMap((__, h) => Array.from({ length: dHead }, (___, d) => list(h)[d]));
    const path = `blocks.${layer}`;
    if (own.length > 0) {
      // nn divides scores by √dHead.
      reads(
        `${path}.attention.query`,
        padded((h) => own[h]!.dimensions.map(({ query }) => query)),
        Math.sqrt(dHead),
      );
      reads(
        `${path}.attention.key`,
        padded((h) => own[h]!.dimensions.map(({ key }) => key)),
      );
      reads(
        `${path}.attention.value`,
        padded((h) => own[h]!.values),
      );
      writes(
        `${path}.attention.output`,
        padded((h) => own[h]!.written),
      );
    }
    if (hidden.length > 0) {
      reads(
        `${path}.feedForward.hidden`,
        hidden.map(({ argument }) => argument),
      );
      writes(
        `${path}.feedForward.output`,
        hidden.map(({ written }) => written),
      );
    }
    return { heads: own.length, dHead, dFf: hidden.length };
  });
  reads("unembedding", outputs);
  return {
    config: {
      vocabularySize: sizes.vocabulary,
      maxLength: sizes.maxLength,
      dModel,
      blocks,
      outputs: outputs.length,
      causal: true,
    },
    weights,
    positions: [...place].flatMap(([coordinate, at]) => {
      const { source, column } = stream.coordinates[coordinate]!;
      return source === "position" ? [[at, column] as const] : [];
    }),
  };
}

/** Which residual coordinate each of the stream's that are read is. */
function placesOf(read: readonly Affine[]): Map<number, number> {
  const used = [...new Set(read.flatMap(({ terms }) => [...terms.keys()]))].sort((a, b) => a - b);
  return new Map(used.map((coordinate, at) => [coordinate, at]));
}
