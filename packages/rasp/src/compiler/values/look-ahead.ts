/** What a causal compile warns of: selectors that select, on some input, a position after the query's own. A decoder never sees it. */
import { warnings, type Diagnostic } from "../../language/diagnostic.js";
import {
  isSelector,
  operands,
  topological,
  type GraphNode,
  type Selector,
  type SOp,
} from "../../language/graph/node.js";
import { cell, type Domain } from "./domain.js";
import { truthOf, type Selection } from "../normalize/normal-form.js";
import { SelectionTable } from "./selection-table.js";

/** A query and a later key that it can select. */
interface Pair {
  readonly query: number;
  readonly key: number;
}

/**
 * One warning for each place of the program with a selector that looks ahead.
 * What looks ahead in the library is blamed on what uses it.
 */
export function lookAhead(
  roots: readonly SOp[],
  selections: ReadonlyMap<Selector, Selection>,
  domain: Domain,
): Diagnostic[] {
  /** For each node, what looks ahead inside it and has no place in the program yet. */
  const unplaced = new Map<GraphNode, readonly Found[]>();
  const found = new Map<string, Diagnostic>();
  const pairs = new Map<Selector, Pair | undefined>();
  for (const node of topological(...roots)) {
    const used = node.kind === "aggregate" || node.kind === "best" ? node.selector : undefined;
    const own: Found[] = [];
    if (used && used.kind !== "best") {
      if (!pairs.has(used)) pairs.set(used, laterKey(selections.get(used)!, domain));
      const pair = pairs.get(used);
      if (pair) own.push({ selector: used, pair });
    }
    const inherited = operands(node).flatMap((operand) => unplaced.get(operand) ?? []);
    const all = [...new Set([...own, ...inherited])];
    if (isLibrary(node) && !roots.includes(node as SOp)) {
      unplaced.set(node, all);
    } else {
      for (const one of all) {
        const { selector } = one;
        const place = isLibrary(selector) ? node : selector;
        const key = place.span ? `${place.span.source.file} ${place.span.start} ${place.span.end}` : String(place.id);
        if (!found.has(key)) found.set(key, warning(place, one));
      }
    }
  }
  return [...found.values()];
}

const isLibrary = ({ span }: GraphNode): boolean => span?.source.file === "<rasplib>";

interface Found {
  readonly selector: Selector;
  readonly pair: Pair;
}

function warning(place: GraphNode, { selector, pair: { query, key } }: Found): Diagnostic {
  const name = selector.name ?? place.name;
  const what = name === undefined ? "this selector" : `"${name}"`;
  return warnings.looksAhead(
    `${what} looks ahead: position ${query} can select position ${key}, which a causal model does not see`,
    {
      ...(place.span ? { span: place.span } : {}),
      ...(place !== selector && !isSelector(place) && selector.span
        ? { notes: [{ message: "the selector", span: selector.span }] }
        : {}),
      suggestion:
        "rows take what they select up to their own position; if that is meant, add: and select(indices, indices, <=)",
    },
  );
}

/** A query and a later key that the selection can hold for, if there are any. */
function laterKey(selection: Selection, domain: Domain): Pair | undefined {
  if (!mayLookAhead(selection)) return undefined;
  const { comparisons } = selection;
  const keys = domain.jointValues(comparisons.map((compared) => compared.keys));
  const queries = domain.jointValues(comparisons.map((compared) => compared.queries));
  const table = new SelectionTable(selection);
  const known = new Map<string, boolean>();
  for (let key = 1; key < domain.maxLength; key++) {
    for (let query = 0; query < key; query++) {
      const [k, q] = [keys[cell(key + 1, key)]!, queries[cell(key + 1, query)]!];
      const pair = table.signature(k, q);
      if (!known.has(pair)) known.set(pair, table.between(k, q).includes(1));
      if (known.get(pair)) return { query, key };
    }
  }
  return undefined;
}

/** Whether comparisons of positions alone leave it open. */
function mayLookAhead(selection: Selection): boolean {
  const { comparisons } = selection;
  const free = comparisons.filter(({ keys, queries }) => keys.kind !== "indices" || queries.kind !== "indices");
  return Array.from({ length: 1 << free.length }, (_, bits) =>
    truthOf(selection, (compared) => {
      const at = free.indexOf(compared);
      if (at >= 0) return ((bits >> at) & 1) === 1;
      return compared.op === ">" || compared.op === ">=" || compared.op === "!=";
    }),
  ).includes(true);
}
