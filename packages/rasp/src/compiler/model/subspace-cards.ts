/** What a model's card says of its subspaces: where they are, and what they hold for each class of values. */
import { groupBy } from "../../language/maps.js";
import type { Layout } from "../layout/layout.js";
import type { SubspaceCard } from "./model-card.js";

export function subspaceCards(layout: Layout): SubspaceCard[] {
  const written = layout.readbacks.filter(({ subspace }) => subspace.writer !== "embedding");
  return [...groupBy(written, ({ subspace }) => subspace)].map(([subspace, readbacks]): SubspaceCard => {
    const vectors = readbacks.flatMap(({ values, expected }) => values.flatMap((value) => [expected(value) ?? []]));
    const points = [...new Map(vectors.map((vector) => [vector.join(), vector])).values()].filter(
      ({ length }) => length > 0,
    );
    const { label, layer, writer, names } = subspace;
    return {
      label,
      layer,
      writer,
      coordinates: names.map((_, c) => layout.coordinate(subspace, c)),
      anchor: layout.anchor(subspace),
      points: points.length > 1 && points.every(isUnitVector) ? "one-hot" : points,
    };
  });
}

const isUnitVector = (vector: readonly number[]): boolean =>
  vector.length > 1 && vector.every((x) => x === 0 || x === 1) && vector.filter((x) => x === 1).length <= 1;
