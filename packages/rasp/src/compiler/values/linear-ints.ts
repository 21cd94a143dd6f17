/** Maps that are sums of multiples of ints: `length - 1 - indices`, `2 * count + 1`. */
import type { Work } from "../work.js";
import type { Constant, Mapped, NormalSOp } from "../normalize/normal-form.js";

import { entryCount, joinedDependence, Table, type Cells } from "./table.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** The work of an entry of a table of sums. */
const ENTRY = 6;

/** What is known of other s-ops: a `Domain`. */
interface Values extends Cells {
  readonly sets: ValueSets;
  readonly work: Work;
  table(sop: NormalSOp): Table<ValueSet>;
}

/** The values of a sum of ints that have one value each; undefined for other s-ops. */
export function linearTable(sop: Mapped, domain: Values): Table<ValueSet> | undefined {
  const sum = linearInts(sop);
  if (!sum) return undefined;
  const tables = sum.terms.map(([leaf]) => domain.table(leaf));
  if (tables.some(({ distinct }) => [...distinct].some(({ int }) => int === undefined))) return undefined;
  const factors = sum.terms.map(([, factor]) => factor);
  const dependence = joinedDependence(tables.map((table) => table.dependence));
  domain.work.tabulate(ENTRY * entryCount(dependence, domain), sop);
  return Table.of(dependence, domain, (n, i) => {
    let value = sum.constant;
    for (let j = 0; j < factors.length; j++) value += factors[j]! * tables[j]!.at(n, i).int!;
    return domain.sets.ofInt(value);
  });
}

/** constant + the sum of factor · leaf, each leaf once. */
export interface LinearInts {
  readonly constant: number;
  readonly terms: readonly (readonly [leaf: NormalSOp, factor: number])[];
}

/** Larger numbers are given up, and sums of more parts: no sum of positions and counts has them. */
const [LARGEST, MOST_PARTS] = [2 ** 32, 64];

/** An s-op as such a sum, if it is one wherever its leaves are ints; undefined for another. */
export function linearInts(sop: Mapped): LinearInts | undefined {
  const terms = new Map<NormalSOp, number>();
  let constant = 0;
  const open: (readonly [part: NormalSOp, factor: number])[] = [[sop, 1]];
  for (let visited = 0, next = open.pop(); next; next = open.pop(), visited++) {
    const [part, factor] = next;
    if (Math.abs(factor) > LARGEST || visited > MOST_PARTS) return undefined;
    const parts = part.kind === "map" ? partsOf(part) : undefined;
    if (parts) {
      open.push(...parts.map(([inner, by]) => [inner, by * factor] as const));
    } else if (part.kind === "constant") {
      if (typeof part.value !== "bigint") return undefined;
      constant += factor * Number(part.value);
    } else {
      terms.set(part, (terms.get(part) ?? 0) + factor);
    }
  }
  if (terms.has(sop) || Math.abs(constant) > LARGEST) return undefined;
  return { constant, terms: [...terms] };
}

/** What a sum, a difference or a multiple adds up; undefined for another map. */
function partsOf({ fn, args }: Mapped): (readonly [NormalSOp, number])[] | undefined {
  const [left, right] = args;
  if (fn.key === "+" && right) {
    return [
      [left!, 1],
      [right, 1],
    ];
  }
  if (fn.key === "-") {
    return right
      ? [
          [left!, 1],
          [right, -1],
        ]
      : [[left!, -1]];
  }
  if (fn.key !== "*" || !right) return undefined;
  if (isInt(left!)) return [[right, Number(left.value)]];
  return isInt(right) ? [[left!, Number(right.value)]] : undefined;
}

const isInt = (sop: NormalSOp): sop is Constant => sop.kind === "constant" && typeof sop.value === "bigint";
