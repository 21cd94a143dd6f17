/**
 * How well a circuit-discovery method did: the edges that it found, by the names of TransformerLens' hooks, against those of the circuit.
 * Edges whose content is constant count for nothing: an input cannot tell whether they are there.
 */
import { checks } from "@selectron/core";
import type { Circuit } from "./circuit.js";

/** An edge by the names of two hooks. */
export type HookEdge = readonly [from: string, to: string];

/** What was found of a circuit. */
export interface EdgeScore {
  /** Edges of the circuit that were found, and those that were not. */
  readonly right: number;
  readonly missed: readonly HookEdge[];
  /** Found edges that the circuit does not have. */
  readonly wrong: readonly HookEdge[];
  /** Found edges that are constant. */
  readonly constant: number;
  /** Right ones among those that were found without the constant ones; 1 where none were. */
  readonly precision: number;
  /** Right ones among those of the circuit; 1 where it has none. */
  readonly recall: number;
}

/**
 * Holds found edges to a circuit's.
 *
 * @param edges - pairs of hook names as in `Circuit.hooks`; `blocks.0.attn.hook_q[:, :, 3]` is `blocks.0.attn.hook_q[3]`, and `[:]` is nothing
 */
export function scoreEdges(circuit: Circuit, edges: readonly HookEdge[]): EdgeScore {
  checks.check("scoreEdges: circuit", circuit, checks.anObjectWith("a circuit", "hooks", "edges"));
  checks.check("scoreEdges: edges", edges, checks.aList("an array of pairs of hook names", aPair));
  const truth = new Map(circuit.hooks.map((edge) => [keyOf(edge), edge]));
  const constant = new Set(circuit.edges.filter((edge) => edge.constant).map(({ hooks }) => keyOf(hooks)));
  const found = new Map(edges.map((edge) => [keyOf(edge), edge]));
  const counted = [...found].filter(([key]) => !constant.has(key));
  const wrong = counted.filter(([key]) => !truth.has(key)).map(([, edge]) => edge);
  const missed = [...truth].filter(([key]) => !found.has(key)).map(([, edge]) => edge);
  const right = counted.length - wrong.length;
  const share = (part: number, of: number): number => (of === 0 ? 1 : part / of);
  return {
    right,
    missed,
    wrong,
    constant: found.size - counted.length,
    precision: share(right, counted.length),
    recall: share(right, truth.size),
  };
}

const aPair = checks.aList("a pair of hook names", checks.aText);

/** Names without slices: of an index the number that is in it. */
const keyOf = (edge: HookEdge): string => edge.map(plainName).join(" ");

const plainName = (hook: string): string =>
  hook.trim().replace(/\[([^\]]*)\]$/, (_, index: string) => {
    const number = /\d+/.exec(index)?.[0];
    return number === undefined ? "" : `[${number}]`;
  });
