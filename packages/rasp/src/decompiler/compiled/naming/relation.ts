/**
 * What a head selects, as comparisons of what stands at the key with what stands at the query. A conjunction of comparisons is the
 * intersection of its projections on the pairs of subspaces that it compares; which pairs those are is in the weights.
 */
import type { HeadRun } from "../run/head-run.js";
import type { SharpRun } from "../run/sharp-run.js";
import { statesOf, type Projected, type States, type Subspace } from "../run/subspace.js";

/** Pairs of values, a side's joint state each, that go together; cases that never occur are left open. */
export interface Relation {
  readonly keys: readonly Subspace[];
  readonly queries: readonly Subspace[];
  readonly keyStates: States;
  readonly queryStates: States;
  /** By key state, then query state: 1 for yes, 0 for no, -1 where the pair was not seen. */
  readonly table: PairTable;
}

export type PairTable = readonly Int8Array[];

/** What a head selects: all pairs on which all relations hold. */
export interface HeadRelations {
  readonly relations: readonly Relation[];
  /**
   * What one of the relations has to decide by itself, where the others are what `named` says: pairs that another one excludes are
   * left open (-1).
   */
  needed(relation: Relation, named: ReadonlyMap<Relation, PairTable>): PairTable;
}

/** All pairs of a query and a key of the same input that the head could see, by the joint states of what it reads. */
interface Pairs {
  readonly keys: readonly Subspace[];
  readonly queries: readonly Subspace[];
  /** A place of each pair of joint states that occurs, and whether it is selected. */
  readonly seen: readonly Pair[];
  readonly places: number;
}

interface Pair {
  readonly key: number;
  readonly query: number;
  readonly selected: boolean;
}

/**
 * The relations whose intersection is what is selected; undefined where not even all subspaces together decide it.
 *
 * @param selects - whether a place is selected by another one of its input
 */
export function relationsOf(
  head: HeadRun,
  selects: (key: number, query: number) => boolean,
  run: SharpRun,
  starts: readonly number[],
  causal: boolean,
): HeadRelations | undefined {
  const pairs = pairsOf(head, selects, run, starts, causal);
  if (!pairs) return undefined;
  const { keys, queries } = pairs;
  const relation = (a: readonly Subspace[], b: readonly Subspace[]): Relation => projected(pairs, a, b);
  const compared = (a: Subspace, b: Subspace): boolean =>
    interact(head, a, b) || (causal && isIndices(a) && isIndices(b));
  const single = (a: Subspace, b: Subspace): Relation => byWeights(relation([a], [b]), head, a, b);
  const groups: (() => Relation[])[] = [
    () => keys.flatMap((a) => queries.filter((b) => compared(a, b)).map((b) => single(a, b))),
    () => keys.flatMap((a) => queries.filter((b) => compared(a, b)).map((b) => relation([a], [b]))),
    () =>
      queries.map((b) =>
        relation(
          keys.filter((a) => compared(a, b)),
          [b],
        ),
      ),
    () =>
      keys.map((a) =>
        relation(
          [a],
          queries.filter((b) => compared(a, b)),
        ),
      ),
    () => [relation(keys, queries)],
  ];
  const alone = [...queries.map((b) => relation([], [b])), ...keys.map((a) => relation([a], []))];
  for (const group of groups) {
    const candidates = [...alone, ...group()];
    if (!isSelected(pairs, candidates)) continue;
    // A condition on each side is plainer than a comparison of the two.
    const order = [...candidates.slice(alone.length), ...alone];
    const relations = order.reduce<Relation[]>((left, one) => {
      const others = left.filter((other) => other !== one);
      return isSelected(pairs, others) ? others : left;
    }, order);
    return { relations, needed: (one, named) => neededOf(pairs, one, relations, named) };
  }
  return undefined;
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
  run: SharpRun,
  starts: readonly number[],
  causal: boolean,
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
        const known = seen.get(id);
        const selected = selects(key, query);
        if (!known) seen.set(id, { key, query, selected });
        else if (known.selected !== selected) return undefined;
      }
    }
  }
  return { keys, queries, seen: [...seen.values()], places };
}

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

/** The relation as the score's term of both subspaces has it, where that term has two levels: it knows pairs that were not seen. */
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

const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, d) => sum + v * y[d]!, 0);

/** Whether the head's score has a term of both, one that is no sum of a function of the key and a function of the query. */
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
