/**
 * All inputs of one length at once. At each position there is a set of *joint classes*: what the program reads there, together with the
 * ranges of the residual stream where they occur. A position's class is taken to be independent of the classes at other positions, so
 * that a set may hold more than occurs, never less. A row of attention goes through the positions and takes each class that a key can
 * have there, for the heads and for the aggregates that they compute together.
 */
import { getOrInsert, groupBy } from "../language/maps.js";
import type { CheckedFile } from "./card.js";
import { both } from "./head-fold.js";
import type { Outcome } from "./group-folds.js";
import { GroupRows, keysOf, type JointClass, type World } from "./rows.js";
import type { Landings } from "./landing.js";
import type { Block, Network } from "./network.js";
import { Lists, Pairs } from "./numbers.js";
import type { ProgramValues, Read } from "./program-values.js";
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
  readonly #firstRead: readonly Read[];
  /** By stage, class and outcomes. */
  readonly #combined = new Lists();
  readonly #attended = new Map<number, JointClass>();
  readonly #classes = new Pairs<JointClass>();
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
      groups.map((group) => new GroupRows(group, network.blocks[s], program, file, budget)),
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
    const all = new Set<JointClass>();
    for (const joint of classes) {
      const { label, stream } = joint;
      for (const chosen of combinations(outcomes.map((group) => group(joint)))) {
        this.#network.budget.take(1);
        const key = this.#combined.of([index, label.id, stream, ...chosen.map(({ id }) => id)]);
        all.add(getOrInsert(this.#attended, key, () => this.#attendedClass(joint, chosen, read, block)));
      }
    }
    if (!block) return this.#merged([...all]);
    for (const { stream } of all) this.#landings.see(stream, 2 * index);
    const attended = this.#merged([...all]);
    const fed = attended.map(({ label, stream }) => ({ label, stream: block.fed(stream) }));
    for (const { stream } of fed) this.#landings.see(stream, 2 * index + 1);
    return this.#merged(fed);
  }

  #attendedClass(
    { label, stream }: JointClass,
    chosen: readonly Outcome[],
    read: Stage["read"],
    block?: Block,
  ): JointClass {
    const results = new Array<number>(block?.heads.length ?? 0).fill(-1);
    for (const outcome of chosen) for (const [h, result] of outcome.results) results[h] = result;
    const together = chosen.flatMap((outcome) => outcome.together);
    const aggregates = chosen.flatMap((outcome) => outcome.aggregates);
    const after = this.#program.after(label, aggregates, read);
    const end = block?.attended(stream, results, together) ?? stream;
    return this.#classes.of(after.id, end, () => ({ label: after, stream: end }));
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
function* combinations(
  groups: readonly (readonly Outcome[])[],
  chosen: readonly Outcome[] = [],
): Generator<readonly Outcome[]> {
  if (chosen.length === groups.length) yield chosen;
  else for (const outcome of groups[chosen.length]!) yield* combinations(groups, [...chosen, outcome]);
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
