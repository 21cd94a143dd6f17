/**
 * Loops as straight-line graphs: each step is a copy of the body, after which a position takes the new states unless it has halted. An
 * ended loop has nothing to do, so further steps change nothing.
 */
import { truth } from "../atom/arithmetic.js";
import { errors } from "../diagnostic.js";
import { Copier } from "./copy.js";
import { orMap, ternaryMap } from "./elementwise.js";
import { everywhere } from "./everywhere.js";
import type { FinalNode, Loop } from "./loop.js";
import { mapNode, topological, type Elementwise, type GraphNode, type SOp } from "./node.js";

/** How loops are unrolled. */
export interface UnrollOptions {
  /** How many steps of a loop are written out; undefined for one that stays a loop. */
  readonly stepsOf: (loop: Loop) => number | undefined;
  /** Whether a loop that has not ended then has no value; otherwise it has that of its last step. */
  readonly mark?: boolean;
}

/** Graphs without loops, apart from those that stay. */
export interface Unrolled {
  /** What became of each node outside loops; those that are not here stay as they are. */
  readonly image: (node: SOp) => SOp;
  /** For each loop, and for each copy of one inside another: where a position has halted before each step and after the last. */
  readonly halted: ReadonlyMap<Loop, readonly (readonly SOp[])[]>;
}

/** Writes out the loops that these s-ops reach. S-ops without loops stay the same nodes. */
export function unroll(roots: readonly SOp[], options: UnrollOptions): Unrolled {
  const copier = new Unroller(options);
  copier.copyAll(topological(...roots));
  return { image: (node) => copier.sop(node), halted: copier.halted };
}

class Unroller extends Copier {
  readonly halted = new Map<Loop, (readonly SOp[])[]>();
  readonly #options: UnrollOptions;
  /** Behind the names of what is copied: the number of the step, behind those of the loops around. */
  #suffix = "";
  /** What steps set states to. */
  readonly #made = new Set<GraphNode>();

  constructor(options: UnrollOptions) {
    super();
    this.#options = options;
  }

  /** What a step sets a state to has no name: the state has it, which is that only where the position goes on. */
  protected override nameOf(node: GraphNode): string | undefined {
    return node.name === undefined || this.#made.has(node) ? undefined : `${node.name}${this.#suffix}`;
  }

  protected override loop(loop: Loop, span: FinalNode["span"]): readonly SOp[] {
    const written = this.#options.stepsOf(loop);
    if (written === undefined) return super.loop(loop, span);
    const names = new Set(loop.states.map(({ name }) => name));
    for (const node of loop.body) if (names.has(node.name)) this.#made.add(node);
    const around = this.#suffix;
    const steps = Math.min(loop.limit, written);
    let values: readonly SOp[] = loop.states.map(({ init }) => this.sop(init));
    const asked: SOp[] = [];
    for (let step = 0; ; step++) {
      this.#suffix = `${around}@${step + 1}`;
      loop.states.forEach((state, s) => this.images.set(state, values[s]!));
      this.copyAll(loop.asking);
      asked.push(haltedAt(loop, this.sop(loop.condition), asked.at(-1)));
      if (step === steps) break;
      this.copyAll(loop.body);
      const next = loop.steps.map((sop) => this.sop(sop));
      const [suffix, before] = [step + 1 === steps ? around : this.#suffix, values];
      values = loop.states.map((state, s) => {
        if (next[s] === before[s]) return before[s]!;
        const value = mapNode(ternaryMap, [asked.at(-1)!, before[s]!, next[s]!], loop.steps[s]!.span ?? span);
        if (state.name !== undefined) value.name = `${state.name}${suffix}`;
        return value;
      });
    }
    this.#suffix = around;
    this.halted.set(loop, [...(this.halted.get(loop) ?? []), asked]);
    if (this.#options.mark !== true || steps < loop.limit) return values;
    return values.map((value) => mapNode(endedMap, [asked.at(-1)!, value], span));
  }
}

/** Whether a position has halted where the condition is asked. */
function haltedAt({ asking, together, span }: Loop, condition: SOp, before: SOp | undefined): SOp {
  if (together) return everywhere(condition);
  // Where the condition asks for a position's own states only, these stay as they are when it holds, and so does it.
  const isOwn = asking.every(({ kind }) => kind === "map");
  return isOwn || !before ? condition : mapNode(orMap, [before, condition], span);
}

/** A state of a loop that has ended; of one that has not there is none. */
const endedMap: Elementwise = {
  name: "ended",
  key: "ended",
  apply: ([ended, value]) => {
    if (truth(ended!)) return value!;
    throw errors.loopLimit("this loop has not ended");
  },
};
