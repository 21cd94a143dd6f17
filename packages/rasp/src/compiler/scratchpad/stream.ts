/**
 * What a decoder knows at each token of a scratchpad, as s-ops of the compiler's normal form: which line is written next and at which index,
 * how many steps are complete, and what has been written. A *row* of these s-ops is one of the stream, not of the input. What their heads
 * find follows from how a scratchpad is written, so that their values need not be worked out over all texts.
 */
import { atomKey } from "../../language/atom/compare.js";
import { arithmeticMap } from "../../language/graph/elementwise.js";
import { constantNode, type Atom, type Elementwise, type SOp } from "../../language/graph/node.js";
import { NormalForm, type Mean, type NormalSOp, type Selection, type Width } from "../normalize/normal-form.js";
import { Domain } from "../values/domain.js";
import type { RowTable } from "../values/row-table.js";
import { NOTHING, Table } from "../values/table.js";
import { Work } from "../work.js";
import { isRepeated, type Line, type LinedProgram } from "./lines.js";
import { tokenFunctions, type StreamToken, type StreamTokens, type TokenFunction } from "./tokens.js";

/** Where in the stream a key or a fetched token is: in the input, or in lines. */
export type Place = "input" | readonly Line[];

/** What is known of the rows of a mean or a width. */
interface Row {
  readonly values: readonly Atom[];
  /** How many keys a row selects at most. */
  readonly mostSelected: number;
}

/** How long the inputs and the stream are. */
export interface StreamSizes {
  readonly maxInput: number;
  readonly maxSteps: number;
  readonly context: number;
}

/** Behind the last token of a line whose end asks whether the loop has ended. */
const DECIDES = "?";
const NONE = "-";

export class Stream {
  readonly form = new NormalForm(true);
  readonly domain: Domain;
  readonly tokens: NormalSOp;
  /** Whether the token is the last one of its line. */
  readonly isLast: NormalSOp;
  /** The index of the value that is written next. */
  readonly index: NormalSOp;
  /** The line that is written next. Where that depends on whether the loop has ended it is none. */
  readonly next: NormalSOp;
  /** At the token of a value its index. */
  readonly ownIndex: NormalSOp;
  /** How many steps have begun, and how many are complete. */
  readonly begun: NormalSOp;
  readonly complete: NormalSOp;
  readonly completeBefore: NormalSOp;
  readonly #rows = new Map<NormalSOp, Row>();
  readonly #token: TokenFunction;
  readonly #tokens: StreamTokens;
  readonly #program: LinedProgram;
  readonly #position: NormalSOp;

  /** Long: each of these s-ops is a line or two of what a decoder knows, in the order in which one needs another. */
  constructor(program: LinedProgram, tokens: StreamTokens, { maxInput, maxSteps, context }: StreamSizes) {
    const { form } = this;
    this.#program = program;
    this.#tokens = tokens;
    this.#token = tokenFunctions(tokens);
    this.domain = new Domain(
      tokens.all.map(({ atom }) => atom),
      context,
      true,
      { work: new Work(), rows: (sop) => this.#rowTable(sop) },
    );
    this.tokens = form.tokens(named("token"));
    // Behind the input and the token that ends it all positions are one.
    const last = BigInt(maxInput + 1);
    this.#position = form.map(
      { name: "min", key: `min ${last}`, apply: ([i]) => ((i as bigint) < last ? i! : last) },
      [form.indices()],
      named("position"),
    );
    const following = this.ofToken((token) => (token.kind === "value" ? BigInt(token.index + 1) : -1n));
    this.isLast = this.mean(
      form.compare(this.#position, following, "=="),
      this.ofToken(({ kind }) => kind === "go"),
      false,
      { values: [false, true], mostSelected: 1 },
      named("is_last"),
    );
    const most = BigInt(maxInput - 1);
    this.index = this.#ofTokenAndLast("index", (token, isLast) => {
      if (token.kind !== "value" || isLast) return 0n;
      return token.index < most ? BigInt(token.index) + 1n : most;
    });
    this.next = this.#ofTokenAndLast("next", (token, isLast) => this.#nextOf(token, isLast));
    this.ownIndex = this.ofToken((token) => (token.kind === "value" ? BigInt(token.index) : 0n));
    const states = program.lines.filter(({ part }) => part === "state");
    this.begun = this.width(
      this.#where((token) => token.kind === "value" && token.line === states[0] && token.index === 0),
      { values: Array.from({ length: maxSteps + 1 }, (_, t) => BigInt(t)), mostSelected: maxSteps },
      named("step"),
    );
    const unfinished = this.#ofTokenAndLast("unfinished", (token, isLast) =>
      token.kind === "value" && states.includes(token.line) && !(isLast && token.line === states.at(-1)) ? 1n : 0n,
    );
    this.complete = form.map(arithmeticMap("-"), [this.begun, unfinished], named("steps"));
    this.completeBefore = form.map(arithmeticMap("-"), [this.complete, form.constant(1n)]);
  }

  /** A function of the token. */
  ofToken(image: (token: StreamToken) => Atom, origin?: SOp): NormalSOp {
    return this.form.map(this.#token(image), [this.tokens], origin);
  }

  /** The position of a key of the input. */
  get position(): NormalSOp {
    return this.#position;
  }

  /** The element of the input at an index, or one of a vocabulary at the tokens that have none. */
  inputAt(index: NormalSOp): NormalSOp {
    const { inputs } = this.#tokens;
    const value = this.ofToken(({ kind, atom }) => (kind === "input" ? atom : inputs[0]!));
    const row = { values: inputs, mostSelected: 1 };
    return this.mean(this.form.compare(this.#position, index, "=="), value, inputs[0]!, row, named("input"));
  }

  /**
   * What was written of an s-op at an index, in the last complete step or the one that `steps` names.
   *
   * @param values - all that it can be; the first one is read where nothing is written
   */
  written(node: SOp, values: readonly Atom[], index: NormalSOp, steps: NormalSOp): NormalSOp {
    const { form } = this;
    const lines = this.linesOf(node);
    const isOf = (token: StreamToken): boolean => token.kind === "value" && lines.includes(token.line);
    const where = this.ofToken((token) => (token.kind === "value" && isOf(token) ? BigInt(token.index) : -1n));
    const at = form.compare(where, index, "==");
    const selection = lines.some(isRepeated) ? this.both(at, form.compare(this.begun, steps, "==")) : at;
    const value = this.ofToken((token) => (token.kind === "value" && isOf(token) ? token.value : values[0]!));
    return this.mean(selection, value, values[0]!, { values, mostSelected: 1 }, node);
  }

  /** The lines that an s-op is written in. */
  linesOf(node: SOp): readonly Line[] {
    return this.#program.lines.filter((line) => line.node === node);
  }

  /** The value that a token of these lines stands for. */
  valueOf(lines: readonly Line[], values: readonly Atom[]): NormalSOp {
    return this.ofToken((token) => (token.kind === "value" && lines.includes(token.line) ? token.value : values[0]!));
  }

  /** The keys at a place, of the last complete step; from where one of these lines may be next, or from everywhere. */
  keysAt(place: Place, from?: Line): Selection {
    const { form } = this;
    const isThere = (token: StreamToken): boolean =>
      place === "input" ? token.kind === "input" : token.kind === "value" && place.includes(token.line);
    const queries = from ? form.map(this.#may(from), [this.next], named(`may_be_${from.name}`)) : form.constant("yes");
    const there = form.compare(
      this.ofToken((token) => (isThere(token) ? "yes" : "no")),
      queries,
      "==",
    );
    if (place === "input" || !place.some(isRepeated)) return there;
    return this.both(there, form.compare(this.begun, this.complete, "=="));
  }

  /** The line that is written next, now that it is known whether the loop has ended; the text of the end if there is none. */
  chosen(hasEnded: NormalSOp): NormalSOp {
    const { again, after } = this.#program.starts;
    const fn: Elementwise = {
      name: "chosen",
      key: "chosen",
      apply: ([next, ended]) => (next === DECIDES ? (ended === true ? after.name : again.name) : next!),
    };
    return this.form.map(fn, [this.next, hasEnded], named("line"));
  }

  both(left: Selection, right: Selection): Selection {
    return this.form.combine(left, right, (a, b) => a && b)!;
  }

  /** @param best - with another value at each key that a row can select */
  mean(selection: Selection, value: NormalSOp, other: Atom, row: Row, origin?: SOp, best?: NormalSOp): NormalSOp {
    return this.#known(this.form.mean(selection, value, other, origin, best), row);
  }

  width(selection: Selection, row: Row, origin?: SOp, summed?: NormalSOp): NormalSOp {
    return this.#known(this.form.width(selection, origin, summed), row);
  }

  /** What is known of equal nodes is joined. */
  #known(node: NormalSOp, row: Row): NormalSOp {
    const before = this.#rows.get(node);
    const values = [...(before?.values ?? []), ...row.values];
    this.#rows.set(node, { values, mostSelected: Math.max(row.mostSelected, before?.mostSelected ?? 0) });
    return node;
  }

  #rowTable(sop: Mean | Width): RowTable | undefined {
    const row = this.#rows.get(sop);
    if (!row) return undefined;
    const { values, mostSelected } = row;
    const set = this.domain.sets.setOf(values);
    const table = Table.of(NOTHING, this.domain, () => set);
    return { table, selectsAtMostOne: mostSelected <= 1, selectsAtLeastOne: false, ranksDiffer: true, mostSelected };
  }

  #where(holds: (token: StreamToken) => boolean): Selection {
    return this.form.compare(
      this.ofToken((token) => (holds(token) ? "yes" : "no")),
      this.form.constant("yes"),
      "==",
    );
  }

  #ofTokenAndLast(name: string, image: (token: StreamToken, isLast: boolean) => Atom): NormalSOp {
    const images = new Map(this.#tokens.all.map((token) => [atomKey(token.atom), token]));
    const fn: Elementwise = {
      name,
      key: name,
      apply: ([atom, last]) => image(images.get(atomKey(atom!))!, last === true),
    };
    return this.form.map(fn, [this.tokens, this.isLast], named(name));
  }

  #nextOf(token: StreamToken, isLast: boolean): Atom {
    const { lines, asked, starts } = this.#program;
    if (token.kind === "input") return NONE;
    if (token.kind === "go") return lines[0]!.name;
    const { line } = token;
    if (!isLast) return line.name;
    if (asked.includes(line)) return DECIDES;
    const following = lines[lines.indexOf(line) + 1];
    if (line.part === "state" && following?.part !== "state") return starts.step.name;
    return following?.name ?? this.#tokens.end;
  }

  /** Whether a line may be next. */
  #may(line: Line): Elementwise {
    const { again, after } = this.#program.starts;
    const starts: readonly Line[] = [again, after];
    return {
      name: "may be",
      key: `may be ${line.name}`,
      apply: ([next]) => (next === line.name || (next === DECIDES && starts.includes(line)) ? "yes" : NONE),
    };
  }
}

/** A name for heads and features that are no s-op of the program. */
function named(name: string): SOp {
  const node = constantNode(null);
  node.name = name;
  return node;
}
