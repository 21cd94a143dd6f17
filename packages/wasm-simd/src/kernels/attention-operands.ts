/** The operands of the four kernels of attention by name, and the setup that describes them to a kernel. */
import type { AttentionSizes, HeadsView } from "@selectron/core";
import { Setup } from "../abi.js";
import type { Arena } from "../arena.js";
import { PlacedHeads } from "./heads.js";

/** Rows and columns of a head of each operand, and the word of the setup that has its row stride. */
const operands = {
  query: ["queries", "width", Setup.queryRow],
  key: ["keys", "width", Setup.keyRow],
  value: ["keys", "valueWidth", Setup.valueRow],
  out: ["queries", "valueWidth", Setup.outRow],
  outGradient: ["queries", "valueWidth", Setup.outGradientRow],
  queryGradient: ["queries", "width", Setup.queryGradientRow],
  keyGradient: ["keys", "width", Setup.keyGradientRow],
  valueGradient: ["keys", "valueWidth", Setup.valueGradientRow],
} as const;

type Operand = keyof typeof operands;
type Places<Name extends Operand> = Readonly<Record<Name, PlacedHeads>>;

/** Reserves room for batch row b of the operands named, but for those that are in the arena. */
export function placeOperands<Name extends Operand>(
  arena: Arena,
  call: AttentionSizes & Readonly<Record<Name, HeadsView>>,
  b: number,
  names: readonly Name[],
): Places<Name> {
  const places: Partial<Record<Operand, PlacedHeads>> = {};
  for (const name of names) {
    const [rows, columns] = operands[name];
    places[name] = new PlacedHeads(arena, call[name], b, {
      heads: call.heads,
      rows: call[rows],
      columns: call[columns],
    });
  }
  return places as Places<Name>;
}

/** Reserves room for a setup. */
export const placeSetup = (arena: Arena): number => arena.reserve(4 * Setup.words);

/** Writes the sizes and row strides of a setup. */
export function writeSetup<Name extends Operand>(
  { ints, floats }: Arena,
  setup: number,
  sizes: AttentionSizes,
  places: Places<Name>,
): void {
  const at = setup / 4;
  ints[at + Setup.queries] = sizes.queries;
  ints[at + Setup.keys] = sizes.keys;
  ints[at + Setup.width] = sizes.width;
  ints[at + Setup.valueWidth] = sizes.valueWidth;
  floats[at + Setup.factor] = sizes.scale;
  for (const name in places) ints[at + operands[name][2]] = places[name].row;
}

/** Reserves room for the mask of hidden keys of one batch row; 0 if there is none. */
export const placeHidden = (arena: Arena, { hiddenKeys, keys }: AttentionSizes): number =>
  hiddenKeys ? arena.reserve(4 * keys) : 0;

/** Fills what `placeHidden` reserved with batch row b: −1 where a key is hidden. */
export function fillHidden({ ints }: Arena, { hiddenKeys, keys }: AttentionSizes, b: number, address: number): void {
  if (!hiddenKeys) return;
  for (let j = 0; j < keys; j++) ints[address / 4 + j] = hiddenKeys[b * keys + j] === 0 ? 0 : -1;
}
