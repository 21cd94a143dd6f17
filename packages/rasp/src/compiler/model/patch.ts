/**
 * Patches: a forward pass in which the value or the attention of an s-op is replaced, by its name, and everything that depends on it
 * follows. A patch shows causes where a trace shows values; activation patching takes the value, or a head's pattern, from a run on
 * another input.
 */
import { tensor, type Tensor } from "@selectron/core";
import type { Patcher } from "@selectron/nn";
import { atomKey } from "../../language/atom/compare.js";
import { describeAtom } from "../../language/atom/text.js";
import type { Atom } from "../../language/graph/node.js";
import { atomOfPlain, type Plain } from "../../language/atom/plain.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import { getOrInsert } from "../../language/maps.js";
import { arithmeticOf } from "../plan/ir/arithmetic.js";
import type { Readback } from "../plan/ir/plan.js";
import { anchorAt, programMap, placeOf, readbacksNamed, residualName } from "./program-map.js";
import type { Runnable } from "./runnable.js";

/** Something to replace, at these positions of the input, or at all if absent. For a head they are the positions of queries. */
export type Patch = { readonly positions?: readonly number[] } & (
  | {
      /** Gives the s-op this value, or these, one for each position. */
      readonly sop: string;
      readonly value: Plain | readonly Plain[];
    }
  | {
      /** Sets what the head or hidden units of the s-op write, a number for each coordinate. [0, …] removes their output. */
      readonly sop: string;
      readonly output: readonly number[];
    }
  | {
      /** Gives the s-op the value that it has on another input of the same length. */
      readonly sop: string;
      readonly from: Input;
    }
  | {
      /** Makes the head that writes the s-op select this: `[query][key]`, as `evaluate(selector, input)` gives it. */
      readonly head: string;
      readonly selects: readonly (readonly boolean[])[];
    }
  | {
      /** Makes the head that writes the s-op attend as it does on another input of the same length. */
      readonly head: string;
      readonly from: Input;
    }
);

/** Changes an activation of one input in place. */
type Edit = (data: Float32Array, shape: readonly number[]) => void;

/** The function that nn calls with each activation; undefined without patches. @throws RangeError on a patch that does not fit */
export function patcher(compiled: Runnable, input: readonly Atom[], patches: readonly Patch[]): Patcher | undefined {
  if (patches.length === 0) return undefined;
  const edits = new Map<string, Edit[]>();
  const add = (name: string, edit: Edit): void => void getOrInsert(edits, name, () => []).push(edit);
  for (const patch of patches) {
    const positions = positionsOf(patch, input.length);
    if ("head" in patch) patchHead(compiled, input, patch, positions, add);
    else patchSOp(compiled, input, patch, positions, add);
  }
  return (name, value) => {
    const applied = edits.get(name);
    if (!applied) return value;
    const data = value.data.slice();
    for (const edit of applied) edit(data, value.shape);
    return tensor(data, value.shape);
  };
}

function positionsOf({ positions }: Patch, length: number): readonly number[] {
  const bad = positions?.find((i) => !Number.isSafeInteger(i) || i < 0 || i >= length);
  if (bad !== undefined) throw new RangeError(`there is no position ${bad} to patch; the input has ${length}`);
  return positions ?? Array.from({ length }, (_, i) => i);
}

type Add = (activation: string, edit: Edit) => void;
type PatchOf<K extends string> = Extract<Patch, Record<K, unknown>>;

function patchSOp(
  compiled: Runnable,
  input: readonly Atom[],
  patch: PatchOf<"sop">,
  positions: readonly number[],
  add: Add,
): void {
  const { layout } = programMap(compiled);
  const other = "from" in patch ? recorded(compiled, input, patch.from) : undefined;
  for (const readback of readbacksNamed(compiled, patch.sop)) {
    const { subspace } = readback;
    const place = placeOf(subspace);
    const anchor = anchorAt(layout, subspace, place);
    const numbersAt = numbersOf(patch, readback, input.length);
    add(residualName(place), (data, shape) => {
      const width = shape.at(-1)!;
      for (const i of positions) {
        for (const c of subspace.names.keys()) {
          const cell = (i + 1) * width + layout.coordinate(subspace, c);
          data[cell] = other ? other.get(residualName(place))!.data[cell]! : numbersAt(i)[c]! + anchor;
        }
      }
    });
  }
}

/** What the subspace's coordinates are to hold at a position. */
function numbersOf(patch: PatchOf<"sop">, readback: Readback, length: number): (position: number) => readonly number[] {
  if ("from" in patch) return () => [];
  const { names } = readback.subspace;
  if ("output" in patch) {
    if (patch.output.length !== names.length) {
      throw new RangeError(
        `"${patch.sop}" has ${names.length} coordinate${names.length === 1 ? "" : "s"} (${names.join(", ")}), and the patch has ${patch.output.length} numbers`,
      );
    }
    return () => patch.output;
  }
  const { value } = patch;
  const isOne = !Array.isArray(value);
  const values = isOne ? new Array<Plain>(length).fill(value as Plain) : (value as readonly Plain[]);
  if (values.length !== length) {
    throw new RangeError(`the patch of "${patch.sop}" has ${values.length} values, and the input ${length} positions`);
  }
  const vectors = values.map((plain) => vectorOf(patch.sop, readback, atomOfPlain(plain)));
  return (i) => vectors[i]!;
}

function vectorOf(name: string, { values, expected }: Readback, value: Atom): readonly number[] {
  const vector = values.some((possible) => atomKey(possible) === atomKey(value)) ? expected(value) : undefined;
  if (vector) return vector;
  const known = values.slice(0, 12).map(describeAtom).join(", ");
  throw new RangeError(
    `"${name}" is never ${describeAtom(value)}; it can be ${known}${values.length > 12 ? ", …" : ""}`,
  );
}

function patchHead(
  compiled: Runnable,
  input: readonly Atom[],
  patch: PatchOf<"head">,
  positions: readonly number[],
  add: Add,
): void {
  const n = input.length;
  if ("selects" in patch && (patch.selects.length !== n || patch.selects.some((row) => row.length !== n))) {
    throw new RangeError(`the pattern for "${patch.head}" must have ${n} rows of ${n}, one for each query and key`);
  }
  const { precision, gpt2, maxLength } = compiled.card;
  const { countScale } = arithmeticOf(precision, gpt2 ? "gpt2" : "encoder", maxLength);
  const other = "from" in patch ? recorded(compiled, input, patch.from) : undefined;
  for (const { sop, subspace } of readbacksNamed(compiled, patch.head, "attention")) {
    const name = `blocks.${subspace.layer - 1}.attention.pattern`;
    // A count can have several heads, whose results add up: the first counts what is selected, the others nothing.
    const heads = compiled.card.heads[subspace.layer - 1]!.flatMap((label, h) =>
      label.split(", ").includes(subspace.label) ? [h] : [],
    );
    heads.forEach((h, part) => {
      add(name, (data, shape) => {
        const size = shape.at(-1)!;
        for (const q of positions) {
          const row = data.subarray((h * size + q + 1) * size, (h * size + q + 2) * size);
          if (other) {
            row.set(other.get(name)!.data.subarray((h * size + q + 1) * size, (h * size + q + 2) * size));
          } else {
            attend(
              row,
              part === 0 ? (patch as { selects: readonly (readonly boolean[])[] }).selects[q]! : [],
              sop.kind === "width" ? countScale : undefined,
            );
          }
        }
      });
    });
  }
}

/**
 * Fills a row of a pattern, BOS first, with equal shares of the selected keys. In a counting head BOS outweighs them by `countScale`;
 * an empty row belongs to BOS.
 */
function attend(row: Float32Array, selected: readonly boolean[], countScale: number | undefined): void {
  const width = selected.filter(Boolean).length;
  const bos = countScale ?? Number(width === 0);
  row.fill(0);
  row[0] = bos / (width + bos);
  for (const [k, isSelected] of selected.entries()) if (isSelected) row[k + 1] = 1 / (width + bos);
}

/** All activations of a run on another input. */
function recorded(compiled: Runnable, input: readonly Atom[], from: Input): ReadonlyMap<string, Tensor> {
  const other = inputElements(from);
  if (other.length !== input.length) {
    throw new RangeError(`a patch comes from an input of the same length: ${input.length}, not ${other.length}`);
  }
  const activations = new Map<string, Tensor>();
  compiled.values([other], (name, value) => void activations.set(name, tensor(value.data.slice(), value.shape)));
  return activations;
}
