/**
 * S-ops of a program as s-ops of the stream. What the program computes at a position of the input, a decoder computes where it writes
 * the value of that position: there it reads the states and the input at its index. A head's keys are the tokens of one line, which
 * stand for the positions; at such a token it reads what else is known of its own index.
 */
import { atomKey } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import { applyMap } from "../../language/graph/elementwise.js";
import type { Atom, Elementwise, SOp } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import {
  reachable,
  type Mapped,
  type Mean,
  type NormalSOp,
  type Selection,
  type Width,
} from "../normalize/normal-form.js";
import type { Diagram } from "../normalize/decision-diagram.js";
import { refuse } from "../refusal.js";
import type { Domain } from "../values/domain.js";
import type { Meaning } from "./line-values.js";
import type { Line, LinedProgram } from "./lines.js";
import type { Place, Stream } from "./stream.js";

/** All joint values of so many are tried, to see whether a function has a value for each. */
const MOST_TRIED = 1 << 12;

export class Translator {
  readonly #stream: Stream;
  readonly #program: LinedProgram;
  readonly #valuesOf: (node: SOp) => readonly Atom[];

  constructor(stream: Stream, program: LinedProgram, valuesOf: (node: SOp) => readonly Atom[]) {
    this.#stream = stream;
    this.#program = program;
    this.#valuesOf = valuesOf;
  }

  /** A line's value where it is written. */
  value(line: Line, { root, domain }: Meaning): NormalSOp {
    return new Translation(this.#stream, this.#program, this.#valuesOf, domain, line).atQuery(root);
  }

  /** Whether something holds at each position, once all that it needs has been written. */
  everywhere({ root, domain }: Meaning): NormalSOp {
    const { form } = this.#stream;
    const translation = new Translation(this.#stream, this.#program, this.#valuesOf, domain, undefined);
    const place = translation.placeOf([root]);
    const fails = form.compare(translation.atKey(root, place), form.constant(false), "==");
    const some = this.#stream.mean(this.#stream.both(this.#stream.keysAt(place), fails), form.constant(1n), 0n, {
      values: [0n, 1n],
      mostSelected: domain.maxLength,
    });
    const none: Elementwise = { name: "none", key: "none", apply: ([found]) => found === 0n };
    return form.map(none, [some]);
  }
}

/** The s-ops that one line needs. */
class Translation {
  readonly #stream: Stream;
  readonly #program: LinedProgram;
  readonly #valuesOf: (node: SOp) => readonly Atom[];
  /** Of the program's s-ops. */
  readonly #domain: Domain;
  readonly #line: Line | undefined;
  readonly #queries = new Map<NormalSOp, NormalSOp>();
  readonly #keys = new Map<Place, Map<NormalSOp, NormalSOp>>();

  constructor(
    stream: Stream,
    program: LinedProgram,
    valuesOf: (node: SOp) => readonly Atom[],
    domain: Domain,
    line: Line | undefined,
  ) {
    this.#stream = stream;
    this.#program = program;
    this.#valuesOf = valuesOf;
    this.#domain = domain;
    this.#line = line;
  }

  /** An s-op at the index that is written next. */
  atQuery(sop: NormalSOp): NormalSOp {
    return getOrInsert(this.#queries, sop, () => {
      const { form, index, complete, completeBefore } = this.#stream;
      switch (sop.kind) {
        case "tokens":
          return this.#stream.inputAt(index);
        case "indices":
          return index;
        case "constant":
          return form.constant(sop.value, sop.origin);
        case "given": {
          const node = sop.origin!;
          // What says whether a position has halted is written of what it was in the step before.
          const isOwn = this.#line?.node === node && this.#line.part === "ask";
          const steps = isOwn ? completeBefore : complete;
          return this.#stream.written(node, this.#valuesOf(node), index, steps);
        }
        case "map":
          return this.#mapped(
            sop,
            sop.args.map((arg) => this.atQuery(arg)),
          );
        case "mean":
        case "width":
          return this.#row(sop);
      }
    });
  }

  /** An s-op at a key that stands for a position. */
  atKey(sop: NormalSOp, place: Place): NormalSOp {
    return getOrInsert(
      getOrInsert(this.#keys, place, () => new Map()),
      sop,
      () => {
        const { form, position, ownIndex, begun } = this.#stream;
        switch (sop.kind) {
          case "tokens":
            return place === "input" ? this.#inputToken() : this.#stream.inputAt(ownIndex);
          case "indices":
            return place === "input" ? this.#inputPosition(position) : ownIndex;
          case "constant":
            return form.constant(sop.value, sop.origin);
          case "given": {
            const node = sop.origin!;
            const lines = this.#stream.linesOf(node);
            const values = this.#valuesOf(node);
            if (place !== "input" && lines.every((line) => place.includes(line))) {
              return this.#stream.valueOf(lines, values);
            }
            return this.#stream.written(node, values, ownIndex, begun);
          }
          case "map":
            return this.#mapped(
              sop,
              sop.args.map((arg) => this.atKey(arg, place)),
            );
          case "mean":
          case "width":
            return refuse(
              sop.origin,
              "as a scratchpad it needs a head behind a head at once",
              "split it into several s-ops",
            );
        }
      },
    );
  }

  /** The tokens that stand for the positions where these s-ops are keys: those of the last line that they read, or the input. */
  placeOf(sops: readonly NormalSOp[]): Place {
    const read = [...reachable(sops)].flatMap((sop) => (sop.kind === "given" ? [sop.origin!] : []));
    const { lines } = this.#program;
    const last = Math.max(-1, ...read.flatMap((node) => this.#stream.linesOf(node).map((line) => lines.indexOf(line))));
    if (last < 0) return "input";
    // Step lines are written after the states of the step before, with which they are read.
    const step = read.filter((node) =>
      this.#stream.linesOf(node).every(({ part }) => part === "ask" || part === "step" || part === "after"),
    );
    const latest = step.length > 0 ? step : read;
    const places = latest.map((node) => this.#stream.linesOf(node));
    return places.reduce((a, b) => (lines.indexOf(b.at(-1)!) > lines.indexOf(a.at(-1)!) ? b : a));
  }

  #row(sop: Mean | Width): NormalSOp {
    const stream = this.#stream;
    const carried = sop.kind === "mean" ? [sop.value, sop.best] : [sop.summed];
    const atKeys = [...sop.selection.comparisons.map(({ keys }) => keys), ...carried].filter(
      (key) => key !== undefined,
    );
    const place = this.placeOf(atKeys);
    const selection = stream.both(stream.keysAt(place, this.#line), this.#selection(sop.selection, place));
    const values = this.#domain.values(sop);
    const { maxLength } = this.#domain;
    if (sop.kind === "width") {
      const summed = sop.summed && this.atKey(sop.summed, place);
      // Where nothing is selected it is 0.
      return stream.width(selection, { values: [...values, 0n], mostSelected: maxLength }, sop.origin, summed);
    }
    const mostSelected = this.#domain.selectsAtMostOne(sop) ? 1 : maxLength;
    const row = { values: [...values, sop.default], mostSelected };
    const best = sop.best && this.#ranks(this.atKey(sop.best, place), place);
    return stream.mean(selection, this.atKey(sop.value, place), sop.default, row, sop.origin, best);
  }

  /** A score that is higher at earlier positions where scores are equal. What is no number has the lowest one. */
  #ranks(score: NormalSOp, place: Place): NormalSOp {
    const { form, domain, position, ownIndex } = this.#stream;
    const ascending = domain.values(score).filter((atom) => atom !== null && typeof atom !== "string");
    const ranks = new Map(ascending.map((atom, rank) => [atomKey(atom), BigInt(rank)]));
    const count = BigInt(this.#domain.maxLength);
    const fn: Elementwise = {
      name: "rank",
      key: `rank of ${score.id}`,
      apply: ([atom, index]) => (ranks.get(atomKey(atom!)) ?? 0n) * count + count - 1n - (index as bigint),
      seesNull: true,
    };
    return form.map(fn, [score, place === "input" ? this.#inputPosition(position) : ownIndex]);
  }

  #selection({ comparisons, truth }: Selection, place: Place): Selection {
    const { form } = this.#stream;
    const compared = new Map(
      comparisons.map(({ id, keys, queries, op }) => [
        id,
        form.compare(this.atKey(keys, place), this.atQuery(queries), op),
      ]),
    );
    const known = new Map<Diagram, Selection>();
    const all = form.everywhere();
    const rebuilt = (diagram: Diagram): Selection => {
      if (typeof diagram === "boolean") return diagram ? all : form.not(all);
      return getOrInsert(known, diagram, () => {
        const asked = compared.get(diagram.variable)!;
        const high = this.#stream.both(asked, rebuilt(diagram.high));
        const low = this.#stream.both(form.not(asked), rebuilt(diagram.low));
        return form.combine(high, low, (a, b) => a || b)!;
      });
    };
    return rebuilt(truth);
  }

  /** A function that has a value everywhere, so that no token makes anything unexpected of it. */
  #mapped(sop: Mapped, args: readonly NormalSOp[]): NormalSOp {
    const { form, domain } = this.#stream;
    const { fn } = sop;
    const sets = args.map((arg) => domain.values(arg));
    if (hasValues(fn, sets)) return form.map(fn, args, sop.origin);
    const other = this.#domain.values(sop)[0] ?? null;
    const total: Elementwise = {
      ...fn,
      key: `${fn.key} or ${typeof other} ${String(other)}`,
      seesNull: true,
      apply: (values) => {
        try {
          return applyMap(fn, values);
        } catch (error) {
          if (error instanceof RaspError) return other;
          throw error;
        }
      },
    };
    return form.map(total, args, sop.origin);
  }

  #inputToken(): NormalSOp {
    const [first] = this.#domain.vocabulary;
    return this.#stream.ofToken(({ kind, atom }) => (kind === "input" ? atom : first!));
  }

  /** No position of the input is beyond its last one. */
  #inputPosition(position: NormalSOp): NormalSOp {
    const last = BigInt(this.#domain.maxLength - 1);
    const fn: Elementwise = { name: "min", key: `min ${last}`, apply: ([i]) => ((i as bigint) < last ? i! : last) };
    return this.#stream.form.map(fn, [position]);
  }
}

/** Whether a function has a value for all that its arguments can be. */
function hasValues(fn: Elementwise, sets: readonly (readonly Atom[])[]): boolean {
  const size = sets.reduce((product, { length }) => product * length, 1);
  if (size > MOST_TRIED) return false;
  try {
    for (let n = 0; n < size; n++) {
      let rest = n;
      const args = sets.map((set) => {
        const atom = set[rest % set.length]!;
        rest = Math.floor(rest / set.length);
        return atom;
      });
      applyMap(fn, args);
    }
    return true;
  } catch (error) {
    if (error instanceof RaspError) return false;
    throw error;
  }
}
