/** What the card of a looped model's file must be, as `model-schema.ts` says it of models without a loop. */
import {
  checkCertificate,
  checkDecoding,
  checkDistinct,
  checkInputs,
  checkLabels,
  type Sizes,
} from "./model-schema.js";
import type { Untrusted } from "./untrusted.js";

/** Throws unless it is the card of a looped model. */
export function checkLoopedCard(card: Untrusted): void {
  const { maxLength, sizes } = checkInputs(card);
  const output = card.field("output");
  const columns = checkDecoding(output);
  output.must(
    columns === sizes.outputs,
    `it reads ${columns} columns of the logits, and config.outputs is ${sizes.outputs}`,
  );
  checkLabels(card, sizes);
  const layers = checkLayers(card.field("layers"), sizes);
  const loop = card.field("loop");
  const halted = loop.field("halted");
  halted.must(halted.count() < sizes.dModel, `the stream has ${sizes.dModel} coordinates`);
  const limit = loop.field("limit");
  // One more is counted.
  limit.must(limit.count() < Number.MAX_SAFE_INTEGER, "it is too large");
  checkStates(card.field("states"), sizes);
  checkLoopCertificate(card.field("certificate"), maxLength, layers);
}

/** How many layers come before the loop, in it and after it. */
function checkLayers(layers: Untrusted, { heads }: Sizes): readonly number[] {
  const counts = [layers.field("before").count(), layers.field("loop").count(1), layers.field("after").count()];
  layers.must(
    counts.reduce((sum, count) => sum + count, 0) === heads.length,
    `they are ${counts.join(", ")}, and config.blocks has ${heads.length}`,
  );
  return counts;
}

/** States lie beside each other, each with a coordinate for each of its values. */
function checkStates(states: Untrusted, { dModel }: Sizes): void {
  states.must(states.items().length > 0, "there are none");
  const taken = new Set<number>();
  for (const state of states.items()) {
    state.field("name").text();
    const count = checkDistinct(state.field("classes"));
    const first = state.field("first").count();
    state.must(count > 0 && first + count <= dModel, `it has ${count} values from coordinate ${first} of ${dModel}`);
    for (let coordinate = first; coordinate < first + count; coordinate++) {
      state.must(!taken.has(coordinate), `coordinate ${coordinate} is that of another state`);
      taken.add(coordinate);
    }
  }
}

function checkLoopCertificate(certificate: Untrusted, maxLength: number, layers: readonly number[]): void {
  const proved = certificate.field("proved").flag();
  const parts = certificate.field("parts");
  const items = parts.items();
  parts.must(items.length === layers.length, `there are ${items.length}, and a looped model has ${layers.length}`);
  items.forEach((part, p) => checkCertificate(part, maxLength, layers[p]!));
  certificate.must(
    !proved || items.every((part) => part.field("proved").flag()),
    "it says that the model is proved, and that a part of it is not",
  );
}
