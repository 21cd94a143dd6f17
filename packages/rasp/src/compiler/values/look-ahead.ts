/** The warnings of a causal compile: selectors that on some input select a position after their query, which a decoder does not see. */
import { isOfLibrary } from "../../language/stdlib/rasplib.js";
import { warnings, type Diagnostic } from "../../language/diagnostic.js";
import {
  isSelector,
  operands,
  topological,
  type GraphNode,
  type Selector,
  type SOp,
} from "../../language/graph/node.js";
import type { Domain } from "./domain.js";
import { Diagrams } from "../normalize/decision-diagram.js";
import type { Compared, NormalSOp, Selection } from "../normalize/normal-form.js";
import { SelectionTable } from "./selection-table.js";

/** The positions of a query and of a later key that it can select. */
interface Pair {
  readonly query: number;
  readonly key: number;
  /** Whether some input is sure to have these values at both; otherwise each may exclude the other. */
  readonly isSure: boolean;
}

/**
 * One warning for each place of the program with a selector that looks ahead. A selector of the library is reported where the
 * program uses it.
 */
export function lookAhead(
  roots: readonly SOp[],
  selections: ReadonlyMap<Selector, Selection>,
  domain: Domain,
): Diagnostic[] {
  /** For each node of the library, the selectors inside it that look ahead: not yet reported. */
  const unplaced = new Map<GraphNode, readonly LookAhead[]>();
  const found = new Map<string, Diagnostic>();
  const pairs = new Map<Selector, Pair | undefined>();
  for (const node of topological(...roots)) {
    const used = node.kind === "aggregate" || node.kind === "best" ? node.selector : undefined;
    const own: LookAhead[] = [];
    if (used && used.kind !== "best") {
      if (!pairs.has(used)) pairs.set(used, laterKey(selections.get(used)!, domain));
      const pair = pairs.get(used);
      if (pair) own.push({ selector: used, pair });
    }
    const inherited = operands(node).flatMap((operand) => unplaced.get(operand) ?? []);
    const all = [...new Set([...own, ...inherited])];
    if (isOfLibrary(node) && !roots.includes(node as SOp)) {
      unplaced.set(node, all);
    } else {
      for (const finding of all) {
        const { selector } = finding;
        const place = isOfLibrary(selector) ? node : selector;
        const key = place.span ? `${place.span.source.file} ${place.span.start} ${place.span.end}` : String(place.id);
        if (!found.has(key)) found.set(key, warning(place, finding));
      }
    }
  }
  return [...found.values()];
}

interface LookAhead {
  readonly selector: Selector;
  readonly pair: Pair;
}

function warning(place: GraphNode, { selector, pair: { query, key, isSure } }: LookAhead): Diagnostic {
  const name = selector.name ?? place.name;
  const what = name === undefined ? "this selector" : `"${name}"`;
  return warnings.looksAhead(
    isSure
      ? `${what} looks ahead: position ${query} can select position ${key}, which a causal model does not see`
      : `${what} may look ahead: its values do not exclude that position ${query} selects position ${key}, which a causal model does not see`,
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

/** A query and a later key that the selection can select for it; undefined if there are none. */
function laterKey(selection: Selection, domain: Domain): Pair | undefined {
  if (!mayLookAhead(selection)) return undefined;
  const { comparisons } = selection;
  const keys = domain.jointValues(comparisons.map((compared) => compared.keys));
  const queries = domain.jointValues(comparisons.map((compared) => compared.queries));
  const table = new SelectionTable(selection);
  const known = new Map<string, boolean>();
  for (let key = 1; key < domain.maxLength; key++) {
    for (let query = 0; query < key; query++) {
      const [k, q] = [keys.at(key + 1, key), queries.at(key + 1, query)];
      const pair = table.signature(k, q);
      if (!known.has(pair)) known.set(pair, table.between(k, q).includes(1));
      if (known.get(pair)) return { query, key, isSure: comparisons.every(isLocal) };
    }
  }
  return undefined;
}

/** Whether both sides are functions of the position and of the token there, so that any two positions can have any two values. */
function isLocal({ keys, queries }: Compared): boolean {
  const seen = new Set<NormalSOp>();
  const stack = [keys, queries];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.kind === "mean" || node.kind === "width") return false;
    if (node.kind !== "map" || seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.args);
  }
  return true;
}

/** Whether the comparisons of positions alone allow it, whatever the others answer. */
function mayLookAhead({ comparisons, truth }: Selection): boolean {
  const byId = new Map(comparisons.map((compared) => [compared.id, compared]));
  const diagrams = new Diagrams();
  const ofOthers = diagrams.substitute(truth, (variable) => {
    const { keys, queries, op } = byId.get(variable)!;
    return keys.kind === "indices" && queries.kind === "indices" ? op === ">" || op === ">=" || op === "!=" : undefined;
  });
  return ofOthers !== false;
}
