/** Reads of the residual stream. */
import { expect, it } from "vitest";
import {
  attentionLayer,
  feedForwardLayer,
  subspaceRead,
  type Subspace,
} from "../../../../src/compiler/plan/ir/read.js";

it("the layer of more reads than one call can have arguments", () => {
  const subspace: Subspace = {
    label: "x",
    names: ["x"],
    writer: "feed-forward",
    layer: 3,
    oneHot: false,
    grid: 1,
    largest: 1,
    atBos: [0],
  };
  const reads = Array.from({ length: 300_000 }, () => subspaceRead(subspace, [1]));
  expect(attentionLayer(reads)).toBe(4);
  expect(feedForwardLayer(reads)).toBe(4);
});
