/**
 * What attention does where float32 overflows on the way: scores and sums that leave its range show in results that are not
 * finite, or make a query look as if all of its keys were masked. The reference sums in float64.
 */
import { LARGEST_FLOAT, type AttentionOverCall, type AttentionCall } from "@selectron/core";
import type { WasmCalls } from "../calls.js";

/** The largest absolute value, infinities apart: they mask keys. */
const largest = (data: Float32Array): number =>
  data.reduce((most, value) => (Math.abs(value) < Infinity ? Math.max(most, Math.abs(value)) : most), 0);

/** Whether a score may be more than float32 holds. */
function mayOverflow({ query, key, width, scale, ...rest }: AttentionCall | AttentionOverCall): boolean {
  const bias = "bias" in rest && rest.bias ? largest(rest.bias.data) : 0;
  return largest(query.data) * largest(key.data) * width * Math.max(1, Math.abs(scale)) + bias > LARGEST_FLOAT / 2;
}

/** A kernel that makes a call again, with the reference, if float32 overflowed. */
export const inRange =
  <Call>(wasm: WasmCalls, run: (call: Call) => void, reference: (call: Call) => void): ((call: Call) => void) =>
  (call) => {
    run(call);
    if ((wasm.leftRange() & 1) !== 0) reference(call);
  };

/** The same for a kernel that computes scores, where queries without keys may be such as have lost them. */
export const scoresInRange =
  <Call extends AttentionCall | AttentionOverCall>(
    wasm: WasmCalls,
    run: (call: Call) => void,
    reference: (call: Call) => void,
  ): ((call: Call) => void) =>
  (call) => {
    run(call);
    const left = wasm.leftRange();
    if ((left & 1) !== 0 || (left !== 0 && mayOverflow(call))) reference(call);
  };
