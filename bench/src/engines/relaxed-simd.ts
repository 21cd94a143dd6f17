/** Fused operations, which Node 20 has behind a flag. */
import { setFlagsFromString } from "node:v8";
import { isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";

/** Lets modules that are compiled from now on fuse multiplications and additions. */
export function allowRelaxedSimd(): void {
  if (!isRelaxedSimdSupported()) setFlagsFromString("--experimental-wasm-relaxed-simd");
}
