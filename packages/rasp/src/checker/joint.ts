/**
 * All inputs of one length at once. At each position there is a set of *joint classes*: what the program reads there, together with the
 * ranges of the residual stream where they occur. A position's class is taken to be independent of the classes at other positions, so
 * that a set may hold more than occurs, never less. A row of attention goes through the positions and takes each class that a key can
 * have there, for the heads and for the aggregates that they compute together.
 */
import type { SOp } from "../language/graph/node.js";
import { getOrInsert, groupBy } from "../language/maps.js";
import type { CheckedFile } from "./card.js";
import { both } from "./head-fold.js";
import type { Outcome } from "./group-folds.js";
import { GroupRows, keysOf, type JointClass, type World } from "./rows.js";
import type { Landings } from "./landing.js";
import type { Block, Network } from "./network.js";
import { Pairs } from "./numbers.js";
import type { AggregateValue, ProgramValues } from "./program-values.js";
import { bytesKey, hull } from "./ranges.js";
import type { Stage } from "./schedule.js";

export class JointRun {
  readonly #file: CheckedFile;
  readonly #network: Network;
  readonly #program: ProgramValues;
  readonly #stages: readonly Stage[];
  readonly #landings: Landings;
  readonly #rows: readonly (readonly GroupRows[])[];
  /** What the program reads of tokens and positions. */
  readonly #firstRead: readonly SOp[];
  readonly #nearKeys = new Map<number, string>();

  constructor(
    file: CheckedFile,
    network: Network,
    landings: Landings,
    program: ProgramValues,
    stages: readonly Stage[],
  ) {
    const { budget } = network;
    this.#file = file;
    this.#network = network;
    this.#landings = landings;
    this.#program = program;
    this.#firstRead = program.readAfter(new Set());
    this.#stages = stages;
    this.#rows = stages.map(({ groups }, s) =>
      groups.map((group) => new GroupRows(group, network.blocks[s], program, file.causal, budget)),
    );
  }

  /** The joint classes at the end, for inputs of a length. */
  run(length: number): World {
    const { vocabulary } = this.#file;
    let world: World = {
      bos: this.#network.embed(0, 0),
      cells: Array.from({ length }, (_, i) =>
        vocabulary.map((token, v): JointClass => ({
          label: this.#program.first(i, token, this.#firstRead),
          stream: this.#network.embed(v + 1, i + 1),
        })),
      ),
    };
    for (const [s, stage] of this.#stages.entries()) world = this.#stage(world, stage, s);
    return world;
  }

  #stage(world: World, stage: Stage, index: number): World {
    const block = this.#network.blocks[index];
    const rows = this.#rows[index]!;
    const groups = rows.map((group) => group.of(world));
    /** Positions that can be the same, and see the same, become the same. */
    const known = new Map<string, readonly JointClass[]>();
    const cells = world.cells.map((classes, i) => {
      const key = classes.map(({ label, stream }) => `${label.id}:${stream}`).join();
      const before = known.get(key);
      if (before) return before;
      const cell = this.#cell(
        classes,
        stage,
        index,
        groups.map((group) => group(i)),
      );
      if (!rows.some(({ seesPlace }) => seesPlace)) known.set(key, cell);
      return cell;
    });
    if (!block) return { bos: world.bos, cells };
    const bos = block.attended(world.bos, bosResults(world, block, this.#file.causal));
    return { bos: block.fed(bos), cells };
  }

  /** What the classes of a position become. @param outcomes - what each group gives for a class */
  #cell(
    classes: readonly JointClass[],
    { read }: Stage,
    index: number,
    outcomes: readonly ((joint: JointClass) => readonly Outcome[])[],
  ): readonly JointClass[] {
    const block = this.#network.blocks[index];
    const seen = (stream: number, half: 0 | 1): number => {
      this.#landings.see(stream, 2 * index + half);
      return stream;
    };
    const found = new Pairs<JointClass>();
    const all = new Set<JointClass>();
    for (const joint of classes) {
      const ofGroups = outcomes.map((group) => group(joint));
      for (const { aggregates, results, together } of combinations(ofGroups, block?.heads.length ?? 0)) {
        this.#network.budget.take(1);
        const label = this.#program.after(joint.label, aggregates, read);
        const stream = block ? seen(block.attended(joint.stream, results, together), 0) : joint.stream;
        all.add(found.of(label.id, stream, () => ({ label, stream })));
      }
    }
    const attended = this.#merged([...all]);
    if (!block) return attended;
    return this.#merged(attended.map(({ label, stream }) => ({ label, stream: seen(block.fed(stream), 1) })));
  }

  /** Classes with the same values and nearly the same stream as one. */
  #merged(classes: readonly JointClass[]): JointClass[] {
    const byLabel = groupBy(classes, ({ label }) => label);
    return [...byLabel].flatMap(([label, same]) => {
      if (same.length === 1) return same;
      const near = groupBy(same, ({ stream }) => this.#near(stream));
      return [...near.values()].map((alike) => {
        const streams = [...new Set(alike.map(({ stream }) => stream))].map((id) => this.#network.streams.all[id]!);
        return { label, stream: this.#network.streams.add(streams.reduce(hull)) };
      });
    });
  }

  #near(stream: number): string {
    return getOrInsert(this.#nearKeys, stream, () => {
      const { lo, hi } = this.#network.streams.all[stream]!;
      return bytesKey(lo.map((x, c) => Math.round((x + hi[c]!) * 2 ** 11)));
    });
  }
}

/** One outcome of each group. */
interface Combination {
  readonly aggregates: readonly AggregateValue[];
  readonly results: readonly number[];
  readonly together: readonly number[];
}

function* combinations(groups: readonly (readonly Outcome[])[], heads: number): Generator<Combination> {
  const chosen: Outcome[] = [];
  function* from(g: number): Generator<Combination> {
    if (g < groups.length) {
      for (const outcome of groups[g]!) {
        chosen[g] = outcome;
        yield* from(g + 1);
      }
      return;
    }
    const results = new Array<number>(heads).fill(-1);
    for (const outcome of chosen) for (const [h, result] of outcome.results) results[h] = result;
    const aggregates = chosen.flatMap((outcome) => outcome.aggregates);
    yield { aggregates, results, together: chosen.flatMap(({ together }) => together) };
  }
  yield* from(0);
}

/** BOS attends to itself; what it can see of other keys is bounded by one part for all of them. */
function bosResults({ bos, cells }: World, { heads }: Block, isCausal: boolean): number[] {
  return heads.map((head) => {
    const { query, key } = head.project(bos);
    if (isCausal) return head.mixed(query, new Map([[key, 1]]));
    const keys = keysOf(head, cells);
    const hi = keys.reduce((most, other) => Math.max(most, head.score(query, other).hi), -Infinity);
    const own = { count: 1, score: head.score(query, key), value: head.value(key) };
    const others = {
      count: cells.length,
      score: { lo: -Infinity, hi, same: undefined },
      value: keys.map((other) => head.value(other)).reduce(both),
    };
    return head.result([own, others], cells.length + 1);
  });
}
