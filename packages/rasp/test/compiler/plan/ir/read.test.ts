/** Reads of the residual stream. */
import { expect, it } from "vitest";
import { attentionLayer, feedForwardLayer, streamRead, type Stream } from "../../../../src/compiler/plan/ir/read.js";

it("a layer can be asked of more reads than a call has room for arguments", () => {
  const stream: Stream = {
    label: "x",
    names: ["x"],
    writer: "feed-forward",
    layer: 3,
    oneHot: false,
    grid: 1,
    largest: 1,
    atBos: [0],
  };
  const reads = Array.from({ length: 300_000 }, () => streamRead(stream, [1]));
  expect(attentionLayer(reads)).toBe(4);
  expect(feedForwardLayer(reads)).toBe(4);
});
