/**
 * What a head selects, as comparisons of what the key holds with what the query holds. Comparisons that all must hold are together the
 * intersection of their projections onto the pairs of subspaces that they compare; which pairs those are is in the weights.
 */
import { getOrInsert } from "../../../language/maps.js";
import type { HeadRun } from "../run/head-run.js";
import { statesOf, type Projected, type States } from "../run/residual-stream.js";
import type { Subspace } from "../run/subspace.js";
import { dot } from "../run/weights.js";
import type { Naming } from "./naming.js";

/** The pairs of a key's and a query's joint states that go together; pairs that never occur are left open. */
export interface Relation {
  readonly keys: readonly Subspace[];
  readonly queries: readonly Subspace[];
  readonly keyStates: States;
  readonly queryStates: States;
  /** Over the states of keys and queries. */
  readonly table: PairTable;
}

/** For each key and each query: 1 if they go together, 0 if not, -1 if that is open. */
export type PairTable = readonly Int8Array[];

/** What a head selects: the pairs for which all relations hold. */
export interface HeadRelations {
  readonly relations: readonly Relation[];
  /**
   * What one of the relations must decide by itself: pairs that another one excludes are left open. Relations that have a name already
   * exclude what their tables in `named` exclude.
   */
  needed(relation: Relation, named: ReadonlyMap<Relation, PairTable>): PairTable;
}

/** All pairs of a key and a query of the same input, by the joint states of what the head reads. */
interface Pairs {
  readonly keys: readonly Subspace[];
  readonly queries: readonly Subspace[];
  /** One pair of places for each pair of joint states that occurs. */
  readonly seen: readonly Pair[];
  readonly places: number;
}

/** The places of a key and a query, and whether the key is selected. */
interface Pair {
  readonly key: number;
  readonly query: number;
  readonly selected: boolean;
}

/**
 * Relations whose intersection is what the head selects, in several ways, from the simplest comparisons to a single one of everything;
 * none if not even all subspaces together decide that.
 *
 * @param selects - whether the query at one place selects the key at another of the same input
 */
export function* relationsOf(
  head: HeadRun,
  selects: (key: number, query: number) => boolean,
  naming: Pick<Naming, "run" | "sample" | "weights">,
): Generator<HeadRelations, void> {
  const pairs = pairsOf(head, selects, naming);
  if (!pairs) return;
  const { keys, queries } = pairs;
  const relation = (a: readonly Subspace[], b: readonly Subspace[]): Relation => projected(pairs, a, b);
  const compared = (a: Subspace, b: Subspace): boolean =>
    interact(head, a, b) || (naming.weights.causal && isIndices(a) && isIndices(b));
  const keysOf = (query: Subspace): Subspace[] => keys.filter((key) => compared(key, query));
  const queriesOf = (key: Subspace): Subspace[] => queries.filter((query) => compared(key, query));
  const groups: (() => Relation[])[] = [
    () => keys.flatMap((a) => queriesOf(a).map((b) => byWeights(relation([a], [b]), head, a, b))),
    () => keys.flatMap((a) => queriesOf(a).map((b) => relation([a], [b]))),
    () => queries.map((b) => relation(keysOf(b), [b])),
    () => keys.map((a) => relation([a], queriesOf(a))),
    // A sum of scores of the key and of the query is a comparison too, where BOS lies between.
    () => keys.flatMap((a) => queries.map((b) => relation([a], [b]))),
    () => [relation(keys, queries)],
  ];
  const alone = [...queries.map((b) => relation([], [b])), ...keys.map((a) => relation([a], []))];
  for (const group of groups) {
    const candidates = [...alone, ...group()];
    if (!isSelected(pairs, candidates)) continue;
    // A condition on one side is simpler than a comparison of the two, so comparisons are dropped first.
    const order = [...candidates.slice(alone.length), ...alone];
    const relations = order.reduce<Relation[]>((left, one) => {
      const others = left.filter((other) => other !== one);
      return isSelected(pairs, others) ? others : left;
    }, order);
    yield { relations, needed: (one, named) => neededOf(pairs, one, relations, named) };
  }
}

const cell = ({ keyStates, queryStates, table }: Relation, { key, query }: Pair, named: PairTable = table): number =>
  named[keyStates.at[key]!]![queryStates.at[query]!]!;

const isSelected = ({ seen }: Pairs, relations: readonly Relation[]): boolean =>
  seen.every((pair) => pair.selected === relations.every((relation) => cell(relation, pair) === 1));

function neededOf(
  { seen }: Pairs,
  relation: Relation,
  all: readonly Relation[],
  named: ReadonlyMap<Relation, PairTable>,
): PairTable {
  const others = all.filter((other) => other !== relation);
  const table = relation.table.map((row) => new Int8Array(row.length).fill(-1));
  for (const pair of seen) {
    if (!others.every((other) => cell(other, pair, named.get(other)) === 1)) continue;
    const row = table[relation.keyStates.at[pair.key]!]!;
    const at = relation.queryStates.at[pair.query]!;
    row[at] = Math.max(row[at]!, Number(pair.selected));
  }
  return table;
}

const isIndices = ({ writer }: Subspace): boolean => writer.kind === "indices";

function pairsOf(
  head: HeadRun,
  selects: (key: number, query: number) => boolean,
  { run, sample: { starts }, weights: { causal } }: Pick<Naming, "run" | "sample" | "weights">,
): Pairs | undefined {
  const indices = run.subspaces.filter(isIndices);
  const side = (parts: readonly Projected[]): Subspace[] => {
    const subspaces = parts.map(({ subspace }) => subspace);
    return causal && !subspaces.some(isIndices) ? [...indices, ...subspaces] : subspaces;
  };
  const [keys, queries] = [side(head.key.parts), side(head.query.parts)];
  const places = head.selected.length;
  const [keyStates, queryStates] = [statesOf(keys, places), statesOf(queries, places)];
  const seen = new Map<number, Pair>();
  for (let input = 0; input + 1 < starts.length; input++) {
    for (let query = starts[input]!; query < starts[input + 1]!; query++) {
      for (let key = starts[input]!; key < starts[input + 1]!; key++) {
        const id = keyStates.at[key]! * queryStates.tuples.length + queryStates.at[query]!;
        const selected = selects(key, query);
        if (getOrInsert(seen, id, () => ({ key, query, selected })).selected !== selected) return undefined;
      }
    }
  }
  return { keys, queries, seen: [...seen.values()], places };
}

/** The relation of some subspaces: pairs that are selected for any values of the others. */
function projected(pairs: Pairs, keys: readonly Subspace[], queries: readonly Subspace[]): Relation {
  const [keyStates, queryStates] = [statesOf(keys, pairs.places), statesOf(queries, pairs.places)];
  const table = keyStates.tuples.map(() => new Int8Array(queryStates.tuples.length).fill(-1));
  for (const { key, query, selected } of pairs.seen) {
    const row = table[keyStates.at[key]!]!;
    const at = queryStates.at[query]!;
    row[at] = Math.max(row[at]!, Number(selected));
  }
  return { keys, queries, keyStates, queryStates, table };
}

/** The relation by the weights, if the scores of the two subspaces have two levels: then pairs that were not seen are known as well. */
function byWeights(relation: Relation, head: HeadRun, a: Subspace, b: Subspace): Relation {
  const [key, query] = [partOf(head.key.parts, a), partOf(head.query.parts, b)];
  if (!key || !query) return relation;
  const scores = relation.keyStates.tuples.map(([k]) =>
    relation.queryStates.tuples.map(([q]) => dot(key.rows[k!]!, query.rows[q!]!)),
  );
  const all = scores.flat();
  const [low, high] = [all.reduce((x, y) => Math.min(x, y)), all.reduce((x, y) => Math.max(x, y))];
  if (all.some((score) => Math.min(score - low, high - score) > 0.01)) return relation;
  return { ...relation, table: scores.map((row) => Int8Array.from(row, (score) => Number(score > (low + high) / 2))) };
}

/** Whether the head's score has a part that depends on both, and is no sum of a function of the key and a function of the query. */
function interact(head: HeadRun, a: Subspace, b: Subspace): boolean {
  const [key, query] = [partOf(head.key.parts, a), partOf(head.query.parts, b)];
  if (!key || !query) return false;
  const differences = (part: Projected): Float64Array[] =>
    part.rows.slice(1).map((row) => row.map((value, d) => value - part.rows[0]![d]!));
  const changes = differences(query);
  return differences(key).some((x) => changes.some((y) => Math.abs(dot(x, y)) > 1));
}

const partOf = (parts: readonly Projected[], subspace: Subspace): Projected | undefined =>
  parts.find((part) => part.subspace === subspace);
