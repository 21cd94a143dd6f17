import { cost, load } from "@selectron/rasp";
import { expect, it } from "vitest";

it("counts the layer of a selector that only `attend` reads, and no head for it", () => {
  const { layers, headsPerLayer, chain } = cost(load("soft = argmax(attend(full_s, tokens));").sop("soft"));
  expect({ layers, headsPerLayer, chain }).toEqual({ layers: 1, headsPerLayer: [0], chain: [] });
});
