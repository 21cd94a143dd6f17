/** The random programs among tracr's cases, from their graphs. */
import {
  aggregate,
  and,
  indices,
  map,
  not,
  or,
  selectorWidth,
  tracr,
  type Selector,
  type SOp,
} from "../../src/index.js";
import { divide, floorMod, type Plain } from "./formula.js";
import { anyType, selectBy, type Built } from "./selection.js";

/** A node of a random program. */
export interface GraphNode {
  readonly id: number;
  readonly op: string;
  readonly fn?: string;
  readonly k?: number;
  readonly cmp?: string;
  readonly x?: number;
  readonly y?: number;
  readonly keys?: number;
  readonly queries?: number;
  readonly sel?: number;
  readonly default?: Plain;
}

/** Functions of one argument and a constant. */
const MAPS: Readonly<Record<string, (x: number, k: number) => number>> = {
  add: (x, k) => x + k,
  sub_from: (x, k) => k - x,
  mul: (x, k) => x * k,
  mod: floorMod,
  floordiv: (x, k) => Math.floor(divide(x, k)),
  eq: (x, k) => Number(x === k),
  lt: (x, k) => Number(x < k),
  geq: (x, k) => Number(x >= k),
  abs: Math.abs,
};

const SEQUENCE_MAPS: Readonly<Record<string, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  min: Math.min,
  max: Math.max,
  eq: (x, y) => Number(x === y),
  lt: (x, y) => Number(x < y),
  and: (x, y) => Number(x !== 0 && y !== 0),
  or: (x, y) => Number(x !== 0 || y !== 0),
  addmod3: (x, y) => floorMod(x + y, 3),
};

/** A random program's s-op. */
export function graphOf({ nodes, out }: { readonly nodes: readonly GraphNode[]; readonly out: number }): Built {
  const built = new Map<number, Built>();
  const sop = (id: number | undefined): SOp<number> => anyType(built.get(id!)!);
  const selector = (id: number | undefined): Selector => built.get(id!) as Selector;
  for (const node of nodes) {
    const { id, k = 0 } = node;
    const make: Readonly<Record<string, () => Built>> = {
      tokens: () => tracr.tokens,
      indices: () => indices,
      map: () => map((x: number) => MAPS[node.fn!]!(x, k), sop(node.x)),
      sequence_map: () => map(SEQUENCE_MAPS[node.fn!]!, sop(node.x), sop(node.y)),
      select: () => selectBy(sop(node.keys), sop(node.queries), node.cmp!),
      selector_and: () => and(selector(node.x), selector(node.y)),
      selector_or: () => or(selector(node.x), selector(node.y)),
      selector_not: () => not(selector(node.x)),
      selector_width: () => selectorWidth(selector(node.sel)),
      aggregate: () => aggregate(selector(node.sel), sop(node.x), node.default as number),
    };
    built.set(id, make[node.op]!());
  }
  return built.get(out)!;
}
