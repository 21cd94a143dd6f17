/**
 * All inputs of one length at once. At each position there is a set of *joint classes*: values of the program's leaves together with the
 * ranges of the residual stream where they occur. A position's class is taken to be independent of the classes at other positions, so
 * that a set may hold more than occurs, never less. A row of attention goes through the positions and takes each class that a key can
 * have there, for the heads and for the aggregates that they compute together.
 */
import type { Atom } from "../language/graph/node.js";
import { getOrInsert, groupBy } from "../language/maps.js";
import type { CheckedFile } from "./card.js";
import { both } from "./head-fold.js";
import type { Outcome } from "./group-folds.js";
import { GroupRows, keysOf, type JointClass, type World } from "./rows.js";
import type { Landings } from "./landing.js";
import type { Block, Network } from "./network.js";
import type { Label, ProgramValues } from "./program-values.js";
import { bytesKey, hull } from "./ranges.js";
import type { Stage } from "./schedule.js";

export class JointRun {
  readonly #file: CheckedFile;
  readonly #network: Network;
  readonly #program: ProgramValues;
  readonly #stages: readonly Stage[];
  readonly #landings: Landings;
  readonly #rows: readonly (readonly GroupRows[])[];
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
          label: this.#program.label(i, token, []),
          stream: this.#network.embed(v + 1, i + 1),
        })),
      ),
    };
    for (const [s, stage] of this.#stages.entries()) world = this.#stage(world, stage, s);
    return world;
  }

  #stage(world: World, stage: Stage, index: number): World {
    const block = this.#network.blocks[index];
    const heads = block?.heads.length ?? 0;
    const groups = this.#rows[index]!.map((rows) => rows.of(world));
    const seen = (stream: number, half: 0 | 1): number => {
      this.#landings.see(stream, 2 * index + half);
      return stream;
    };
    const cells = world.cells.map((classes, i) => {
      const outcomes = groups.map((group) => group(i));
      const found = new Map<Label, Map<number, JointClass>>();
      for (const joint of classes) {
        const rows = outcomes.map((group) => group(joint));
        for (const { aggregates, results, together } of combinations(rows, joint.label.aggregates, heads)) {
          this.#network.budget.take(1);
          const token = stage.keepsToken ? joint.label.token : undefined;
          const label = this.#program.label(
            joint.label.position,
            token,
            this.#program.aggregates.map((_, a) => (stage.keeps.has(a) ? aggregates[a] : undefined)),
          );
          const stream = block ? seen(block.attended(joint.stream, results, together), 0) : joint.stream;
          getOrInsert(
            getOrInsert(found, label, () => new Map<number, JointClass>()),
            stream,
            () => ({ label, stream }),
          );
        }
      }
      const attended = this.#merged([...found.values()].flatMap((streams) => [...streams.values()]));
      if (!block) return attended;
      return this.#merged(attended.map(({ label, stream }) => ({ label, stream: seen(block.fed(stream), 1) })));
    });
    if (!block) return { bos: world.bos, cells };
    const bos = block.attended(world.bos, bosResults(world, block, this.#file.causal));
    return { bos: block.fed(bos), cells };
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
  readonly aggregates: readonly (Atom | undefined)[];
  readonly results: readonly number[];
  readonly together: readonly number[];
}

function* combinations(
  rows: readonly (readonly Outcome[])[],
  known: readonly (Atom | undefined)[],
  heads: number,
): Generator<Combination> {
  const aggregates = [...known];
  const results = new Array<number>(heads).fill(-1);
  const together: (readonly number[])[] = [];
  function* from(g: number): Generator<Combination> {
    if (g === rows.length) {
      yield { aggregates: [...aggregates], results: [...results], together: together.flat() };
      return;
    }
    for (const outcome of rows[g]!) {
      for (const [a, value] of outcome.aggregates) aggregates[a] = value;
      for (const [h, result] of outcome.results) results[h] = result;
      together[g] = outcome.together;
      yield* from(g + 1);
    }
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
