/**
 * The length of an input, copied from its last position: the score of a key grows with its position, so that the last position gets all
 * of the attention, and its value is its number. A causal head sees no position after its own, so that it counts up to there, as it should.
 */
import type { Width } from "../../normalize/normal-form.js";
import { coordinate } from "../features/encoding.js";
import { labelOf, type Head } from "../ir/plan.js";
import { attentionLayer, combineReads, constantRead } from "../ir/read.js";
import { readbackOf } from "../ir/readback.js";
import { headSubspace, type HeadContext, type PlannedHeads } from "./context.js";

/** @param width - of a selection of every position */
export function encodeLength(width: Width, { domain, form, materialize, arithmetic }: HeadContext): PlannedHeads {
  const { maxLength } = domain;
  const { rankScore, score } = arithmetic;
  const values = domain.values(width);
  const [position] = materialize(form.indices(), (atom) => [Number(atom)], ["position"]);
  const upToHere = combineReads([[1, position!]], 1);
  const label = labelOf(width);
  const subspace = headSubspace({
    label,
    names: ["width"],
    layer: attentionLayer([position!]),
    atBos: [0],
    largest: maxLength,
    grid: 1,
  });
  const head: Head = {
    keys: [position!],
    queries: [constantRead(rankScore)],
    selectedScore: 0,
    blocks: [],
    ranking: { keys: [position!], queries: [rankScore], highest: rankScore * (maxLength - 1) },
    pattern: "last position",
    purpose: "copy",
    oneKey: true,
    label,
    layer: subspace.layer,
    bosScore: -score.copy,
    counted: 0,
    values: [{ read: upToHere, atBos: 0, scale: 1, target: subspace, coordinate: 0 }],
  };
  const numbers = values.map(Number);
  return {
    heads: [head],
    readback: readbackOf(width, subspace, values, (value) => [Number(value)]),
    encoding: { values, kind: "numerical", numbers, read: coordinate(subspace, 0), noise: 1e-6 * maxLength },
  };
}
