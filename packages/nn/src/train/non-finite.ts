/** Finds where a training went wrong: the step, and the first operation whose result is not a number. */
import { elementsOf, type Tensor } from "@selectron/core";
import type { Parameters } from "./optimizers.js";

/** A loss or a gradient that is not finite. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
  /** The step, from 1. */
  readonly step: number;
  /** The parameter where it shows first. */
  readonly layer: string;

  constructor(step: number, layer: string, message: string) {
    super(message);
    this.step = step;
    this.layer = layer;
  }
}

const ADVICE = "Lower the learning rate, clip the gradients, or warm up for longer.";

/** Whether a tensor has NaN or ∞. −∞ is sound: masked scores have it. */
const isBad = (x: Tensor): boolean => elementsOf(x).some((value) => Number.isNaN(value) || value === Infinity);

/** Throws a NonFiniteError unless a loss, or the norm of the gradients, is finite. */
export function checkFinite(step: number, found: Tensor | number, parameters: Parameters): void {
  if (typeof found === "number") {
    if (Number.isFinite(found)) return;
    // Backward reaches the last layers first, so the last parameter whose gradient is bad is where it began.
    const layer = [...parameters]
      .filter(([, { grad }]) => grad && !elementsOf(grad).every(Number.isFinite))
      .at(-1)?.[0];
    const where = layer ?? "all of them together";
    throw new NonFiniteError(step, where, `Step ${step}: the gradient of ${where} is not finite. ${ADVICE}`);
  }
  const loss = found.item();
  if (Number.isFinite(loss)) return;
  const origin = firstBad(found);
  const layer = (origin && layerOf(origin, parameters)) ?? "the loss itself";
  const operation = origin?.tape?.operation;
  const first = operation
    ? `; the first bad result is that of ${operation} in ${layer}`
    : `; parameter ${layer} is bad`;
  throw new NonFiniteError(step, layer, `Step ${step}: the loss is ${loss}${first}. ${ADVICE}`);
}

/** The first tensor, in the order of computation, that is bad although none of its inputs is. */
function firstBad(result: Tensor): Tensor | undefined {
  const sound = new Set<Tensor>();
  const path: { x: Tensor; next: number }[] = [{ x: result, next: 0 }];
  while (path.length > 0) {
    const top = path[path.length - 1]!;
    const input = top.x.tape?.inputs[top.next++];
    if (input) {
      if (!sound.has(input)) path.push({ x: input, next: 0 });
    } else if (isBad(top.x)) {
      return top.x;
    } else {
      sound.add(top.x);
      path.pop();
    }
  }
  return undefined;
}

/** How many operations back a parameter is searched for. */
const MAX_DEPTH = 1000;

/** The parameter that a tensor is, or the nearest one that it was computed from. */
function layerOf(x: Tensor, parameters: Parameters): string | undefined {
  const names = new Map([...parameters].map(([name, parameter]) => [parameter, name]));
  for (let level = [x], depth = 0; level.length > 0 && depth < MAX_DEPTH; depth++) {
    for (const tensor of level) if (names.has(tensor)) return names.get(tensor);
    level = [...new Set(level.flatMap((tensor) => tensor.tape?.inputs ?? []))];
  }
  return undefined;
}
