/**
 * From the program's graph to the compiler's normal form, with the rewritings that make heads cheaper. Every rewriting keeps
 * the value of each s-op on every input on which the program has one.
 */
import { atomsEqual } from "../../language/atom/compare.js";
import { convertToken } from "../../language/interpret/tokens.js";
import {
  topological,
  type Atom,
  type Elementwise,
  type GraphNode,
  type Selector,
  type SOp,
} from "../../language/graph/node.js";
import { Formula } from "./formula.js";
import { MAX_COMPARISONS, NormalForm, type NormalSOp, type Selection, type Width } from "./normal.js";
import { refuse } from "../refusal.js";
import { signOfMeans, sumOfMeans } from "./sum-of-means.js";

export interface Simplified {
  readonly form: NormalForm;
  /** What became of each s-op of the program. */
  readonly sops: ReadonlyMap<GraphNode, NormalSOp>;
  /** What each selector of the program selects, later positions included even if heads do not see them. */
  readonly selections: ReadonlyMap<Selector, Selection>;
}

export function simplify(roots: readonly SOp[], maxLength: number, causal = false): Simplified {
  const form = new NormalForm(causal);
  const sops = new Map<GraphNode, NormalSOp>();
  const selections = new Map<Selector, Chosen>();

  const combine = (node: Selector, left: Selection, right: Selection, join: (a: boolean, b: boolean) => boolean) =>
    form.combine(left, right, join) ??
    refuse(
      node,
      `this selector combines more than ${MAX_COMPARISONS} different comparisons`,
      "split it into several s-ops",
    );

  for (const node of topological(...roots)) {
    const sop = (operand: SOp): NormalSOp => sops.get(operand)!;
    const chosen = (operand: Selector): Chosen => selections.get(operand)!;
    const selection = (operand: Selector): Selection => asSelection(form, chosen(operand));
    switch (node.kind) {
      case "tokens":
        sops.set(node, form.map(conversion(node.conversion), [form.tokens()], node));
        break;
      case "indices":
        sops.set(node, form.indices(node));
        break;
      case "positions":
        // A compiled model's input stands at the beginning.
        sops.set(node, form.indices(node));
        break;
      case "read":
        return refuse(
          node,
          "vectors and scores do not compile: they are what trained models compute",
          "only selectors, aggregates and elementwise functions have exact weights",
        );
      case "constant":
        sops.set(node, form.constant(node.value, node));
        break;
      case "map": {
        const mapped = countTogether(form, form.map(node.fn, node.args.map(sop), node), maxLength);
        sops.set(node, signOfMeans(form, sumOfMeans(form, mapped, maxLength)));
        break;
      }
      case "aggregate": {
        const { selection: rows, best } = chosen(node.selector);
        const value = sop(node.value);
        const rewritten = best ? undefined : meanOfFirst(form, rows, value, node.default, maxLength, node);
        sops.set(node, rewritten ?? form.mean(rows, value, node.default, node, best));
        break;
      }
      case "select":
        selections.set(node, { selection: form.compare(sop(node.keys), sop(node.queries), node.op) });
        break;
      case "best":
        selections.set(node, { selection: selection(node.selector), best: sop(node.score) });
        break;
      case "not":
        selections.set(node, { selection: form.not(selection(node.arg)) });
        break;
      case "and":
        selections.set(node, {
          selection: combine(node, selection(node.left), selection(node.right), (a, b) => a && b),
        });
        break;
      case "or":
        selections.set(node, {
          selection: combine(node, selection(node.left), selection(node.right), (a, b) => a || b),
        });
        break;
    }
  }
  return {
    form,
    sops,
    selections: new Map([...selections].map(([node, { selection }]) => [node, selection])),
  };
}

/** What a selector selects: a selection, and of that perhaps only the best. */
interface Chosen {
  readonly selection: Selection;
  readonly best?: NormalSOp;
}

/** A selection even of the best: a head finds the position, and a comparison asks for it. No position is -1. */
function asSelection(form: NormalForm, { selection, best }: Chosen): Selection {
  if (!best) return selection;
  return form.compare(form.indices(), form.mean(selection, form.indices(), -1n, undefined, best), "==");
}

const conversion = (kind: Parameters<typeof convertToken>[0]): Elementwise => ({
  name: `tokens_${kind}`,
  key: `tokens_${kind}`,
  apply: ([token]) => convertToken(kind, token!),
});

/**
 * The mean of `indicator(indices == 0)` is how RASP counts: [0 is selected] / width. Heads count better than they divide
 * (see `attention.ts`), so write it with the widths of the selection with and without position 0. Where position 0 is always
 * selected (the BOS trick of the paper) the first is the constant 1 and one head is left.
 */
function meanOfFirst(
  form: NormalForm,
  selection: Selection,
  value: NormalSOp,
  defaultValue: Atom,
  maxLength: number,
  origin: SOp,
): NormalSOp | undefined {
  const formula = new Formula([value]);
  const indices = form.indices();
  if (formula.leaves.length !== 1 || formula.leaves[0] !== indices) return undefined;
  for (let i = 0; i < maxLength; i++) {
    const at = formula.evaluate([BigInt(i)])?.[0];
    if (typeof at === "string" || typeof at === "boolean" || at === null || Number(at) !== (i === 0 ? 1 : 0)) {
      return undefined;
    }
  }
  const first = form.compare(indices, form.constant(0n), "==");
  const visible = form.visible(selection);
  const withFirst = form.combine(visible, first, (a, b) => a && b);
  const without = form.combine(visible, first, (a, b) => a && !b);
  if (!withFirst || !without) return undefined;
  const fraction: Elementwise = {
    name: "mean of first",
    key: `mean of first, else ${typeof defaultValue} ${String(defaultValue)}`,
    apply: ([z, a]) => {
      const [chosen, others] = [Number(z), Number(a)];
      return chosen + others === 0 ? defaultValue : chosen / (chosen + others);
    },
  };
  // Where position 0 is always selected, its count needs no head.
  const ofFirst = withFirst === first ? form.constant(1n) : form.width(withFirst, origin);
  return form.map(fraction, [ofFirst, form.width(without, origin)], origin);
}

/**
 * `selector_width` counts position 0 apart from the others, with a head each. Where a sum of the two depends on their number
 * alone, one head counts them together.
 */
function countTogether(form: NormalForm, sop: NormalSOp, maxLength: number): NormalSOp {
  if (sop.kind !== "map" || sop.fn.name !== "+") return sop;
  const formula = new Formula([sop]);
  const [one, two, more] = formula.leaves;
  if (one?.kind !== "width" || two?.kind !== "width" || one.of || two.of || more) return sop;
  const first = form.compare(form.indices(), form.constant(0n), "==");
  const isFirst = (width: Width): boolean => form.combine(width.selection, first, (a, b) => a && b) === width.selection;
  const isOther = (width: Width): boolean =>
    form.combine(width.selection, first, (a, b) => a && !b) === width.selection;
  const firstLeads = isFirst(one) && isOther(two);
  if (!firstLeads && !(isFirst(two) && isOther(one))) return sop;
  const valueOf = (others: number, chosen: number): Atom | undefined =>
    formula.evaluate((firstLeads ? [chosen, others] : [others, chosen]).map(BigInt))?.[0];
  const counts = Array.from({ length: maxLength }, (_, others) => others);
  const same = counts.every((others) => {
    const [apart, together] = [valueOf(others, 1), valueOf(others + 1, 0)];
    return apart !== undefined && together !== undefined && atomsEqual(apart, together);
  });
  const isCount = [...counts, maxLength].every((n) => {
    const value = valueOf(n, 0);
    return value !== undefined && atomsEqual(value, BigInt(n));
  });
  const both = form.combine(one.selection, two.selection, (a, b) => a || b);
  return same && isCount && both ? form.width(both, sop.origin) : sop;
}
