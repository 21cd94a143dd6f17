/** Activation patching by name: parts of activations take given numbers, or the values that they have in another run. */
import { checks, Tensor, tensor } from "@selectron/core";
import { withHooks, type Watchable } from "./trace.js";

/** A part of an activation that takes other values. One of `value` and `from` must be given. */
export interface Patch {
  /** The activation's name, in which `*` matches any one part: "h.0.attn.heads". `ForwardOptions` and `Gpt2ForwardOptions` list names. */
  readonly site: string;
  /** Of an activation `….heads` or `….pattern` the heads, from 0 on; all by default. */
  readonly heads?: readonly number[] | undefined;
  /** The positions, from 0 on, and of a pattern those of the queries; all by default. */
  readonly positions?: readonly number[] | undefined;
  /** A number for every element, or a tensor that broadcasts to the activation's shape. */
  readonly value?: number | Tensor | undefined;
  /** The activations of another run on as many rows of the same length, such as `trace(…).activations`. */
  readonly from?: ReadonlyMap<string, Tensor> | undefined;
}

const places = checks.aList("an array of numbers from 0 on", checks.anInteger(0));
const patchKinds = {
  site: checks.aText,
  heads: places,
  positions: places,
  value: checks.either(checks.aNumber, checks.aTensor),
  from: checks.aMap("a Map of tensors, such as trace(…).activations"),
};

/**
 * Runs a forward pass with patches. Several of one activation apply in their order. Gradients flow through what is not patched, and to a
 * tensor that is the value of a patch.
 *
 * @throws RangeError if no activation has the name, it has no such head or position, or the other run's has another shape
 * @throws ShapeError if a value does not broadcast to the activation
 */
export function withPatches<Result>(patches: readonly Patch[], run: Watchable<Result>): Result {
  checks.check("withPatches: patches", patches, checks.aList('an array such as [{ site: "embedding", value: 0 }]'));
  patches.forEach((patch, p) => {
    const place = `withPatches: patches[${p}]`;
    checks.checkOptions(place, patch, patchKinds, ["site"]);
    if ((patch.value === undefined) === (patch.from === undefined)) {
      throw new TypeError(`${place}: give either a value or the activations that it comes from.`);
    }
  });
  const sites = [...new Set(patches.map(({ site }) => site))];
  const hooks = sites.map((site) => {
    const own = patches.filter((patch) => patch.site === site);
    return [site, (value: Tensor, name: string) => own.reduce((x, patch) => patched(x, name, patch), value)] as const;
  });
  return withHooks(Object.fromEntries(hooks), run);
}

/** The activation with the part that a patch names replaced. */
function patched(x: Tensor, name: string, patch: Patch): Tensor {
  const used = replacement(x, name, patch);
  const { heads, positions } = patch;
  if (!heads && !positions) return used;
  const ofHeads = /\.(heads|pattern)$/.test(name);
  if (heads && !ofHeads) {
    throw new RangeError(`withPatches: ${name} is [${x.shape.join(", ")}], and has no heads; leave them out.`);
  }
  const axis = ofHeads ? 2 : 1;
  const kept = Array.from(x.shape, () => 1);
  const keep = (chosen: readonly number[] | undefined, along: number): Float32Array => {
    if (!chosen) return new Float32Array(1);
    const size = x.shape[along]!;
    const wrong = chosen.find((at) => at >= size);
    if (wrong !== undefined) {
      const what = along === axis ? "position" : "head";
      throw new RangeError(`withPatches: ${name} has ${size} ${what}s; there is no ${what} ${wrong}.`);
    }
    kept[along] = size;
    return Float32Array.from({ length: size }, (_, at) => +!chosen.includes(at));
  };
  const [byHead, byPosition] = [keep(ofHeads ? heads : undefined, 1), keep(positions, axis)];
  const isKept = Float32Array.from({ length: byHead.length * byPosition.length }, (_, at) =>
    Math.max(byHead[Math.floor(at / byPosition.length)]!, byPosition[at % byPosition.length]!),
  );
  const mask = tensor(isKept, kept);
  const other = tensor(
    isKept.map((flag) => 1 - flag),
    kept,
  );
  return x.maskedFill(other, 0).add(used.maskedFill(mask, 0));
}

/** What the patched part is taken from, in the shape of the activation. */
function replacement(x: Tensor, name: string, { value, from }: Patch): Tensor {
  if (from === undefined) return (value instanceof Tensor ? value : tensor([value!], [1])).broadcastTo(x.shape);
  const given = from.get(name);
  if (!given) throw checks.unknownName("withPatches: from", "activation", name, [...from.keys()]);
  checks.check(`withPatches: from: ${name}`, given, checks.aTensor);
  if (given.shape.join() !== x.shape.join()) {
    throw new RangeError(
      `withPatches: ${name} is [${given.shape.join(", ")}] in the other run, and [${x.shape.join(", ")}] in this one; both need as many rows of the same length.`,
    );
  }
  return given;
}
