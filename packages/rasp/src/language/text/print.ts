/**
 * An s-op graph as RASP text that elaborates to an equal graph: the same nodes, shared where they were shared, since the count of heads
 * depends on it. Nodes of the library are written in full. What the condition and the body of a loop share, which no text can make but
 * the combinators can, is written twice.
 */
import { checks } from "@selectron/core";
import { atomOfKey } from "../atom/compare.js";
import { describeAtom } from "../atom/text.js";
import { libraryScope } from "../elaborate/library.js";
import {
  isSelector,
  operands,
  topological,
  type Atom,
  type Container,
  type GraphNode,
  type MapNode,
  checkNode,
} from "../graph/node.js";
import { loopsOf, nodesInside, type FinalNode, type Loop } from "../graph/loop.js";
import { FIXED } from "../syntax/token.js";

/** Thrown for a node that RASP text cannot express: a function from TypeScript, nan, a string with a quote in it. */
export class PrintError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PrintError";
  }
}

/** The deepest nesting of expressions in a statement; an expression of this depth gets a name. */
const DEEPEST = 8;

/**
 * The statements that make `root`; the last one names it, as a state if it is a loop.
 * @param name the root's name; its own, or `answer`, if absent
 * @throws PrintError
 */
export function printRasp(root: GraphNode, name = root.name ?? "answer"): string {
  checkNode("printRasp", root);
  checks.check("printRasp: name", name, checks.aText);
  const printer = new Printer(root, name);
  return printer.statements(topological(root));
}

interface Written {
  readonly text: string;
  /** Whether it needs parentheses as an operand. */
  readonly compound: boolean;
  readonly depth: number;
}

/** How often each node is read by what is written in one place: by statements, by the condition or the body of a loop. */
type Readers = ReadonlyMap<GraphNode, number>;

class Printer {
  readonly #written = new Map<GraphNode, Written>();
  readonly #names: Set<string>;
  readonly #hidden: ReadonlySet<GraphNode>;
  readonly #readers: Readers;
  readonly #rootName: string;
  /** The loops that have been written. */
  readonly #loops = new Set<Loop>();

  readonly #root: GraphNode;

  constructor(root: GraphNode, name: string) {
    this.#root = root;
    this.#names = new Set([...libraryScope().names(), ...FIXED, "out", "get", "zip", "len", "range"]);
    this.#rootName = this.#fresh(name);
    const nodes = withInner(topological(root));
    this.#readers = readersAmong(nodes);
    // `atom in s-op` makes an aggregate and a selector that no other expression makes.
    this.#hidden = new Set(nodes.flatMap((node) => membership(node)?.hidden ?? []).filter((node) => node !== root));
  }

  /** The statements that make these nodes, operands first. */
  statements(nodes: readonly GraphNode[], readers = this.#readers): string {
    // A part of another expression is written only there.
    const own = nodes.filter((node) => !this.#hidden.has(node));
    return own.map((node) => this.#statement(node, readers)).join("");
  }

  /** The node's statement; empty if the node is written inside the expressions that read it. */
  #statement(node: GraphNode, readers: Readers): string {
    if (node.kind === "final") return this.#loop(node);
    const expression = this.#expression(node);
    const isLeaf = operands(node).length === 0;
    const isShared = node.name !== undefined || (readers.get(node) ?? 0) > 1;
    const needsName = node === this.#root || (!isLeaf && (isShared || expression.depth >= DEEPEST));
    if (!needsName) {
      this.#written.set(node, expression);
      return "";
    }
    if (node === this.#root && node.kind === "constant") throw new PrintError("an atom alone is no s-op in RASP");
    const name = node === this.#root ? this.#rootName : this.#fresh(node.name ?? (isSelector(node) ? "pick" : "step"));
    this.#setName(node, name);
    return `${name} = ${expression.text};\n`;
  }

  #setName(node: GraphNode, text: string): void {
    this.#written.set(node, { text, compound: false, depth: 0 });
  }

  /** The statement that makes a loop, at the first of its states that is read; the names of the states are those after it, too. */
  #loop({ loop }: FinalNode): string {
    if (this.#loops.has(loop)) return "";
    this.#loops.add(loop);
    const root = this.#root.kind === "final" && this.#root.loop === loop ? this.#root.index : -1;
    const names = loop.states.map(({ name }, i) => (i === root ? this.#rootName : this.#fresh(name ?? "state")));
    const inits = loop.states.map(({ init }, i) => `${names[i]!} = ${this.#written.get(init)!.text}`);
    const [definition, condition] = this.#condition(loop, names);
    const head = `repeat (${inits.join(", ")}) until ${loop.together ? "all " : ""}(${condition}) at most ${loop.limit}`;
    loop.states.forEach((state, i) => this.#setName(state, names[i]!));
    const body = bodyOf(loop);
    const statements = this.statements(body, readersAmong(body, loop.steps));
    const changed = loop.steps.flatMap((step, i) => (step === loop.states[i] ? [] : [i]));
    const left = changed.map((i) => names[i]!).join(", ");
    const right = changed.map((i) => this.#written.get(loop.steps[i]!)!.text).join(", ");
    for (const final of finalsOf(loop, this.#readers, this.#root)) this.#setName(final, names[final.index]!);
    return `${definition}${head} {\n${indented(`${statements}${left} = ${right};\n`)}}\n`;
  }

  /** The condition of a loop, and the definition of a function that it calls if it is more than an expression. */
  #condition(loop: Loop, names: readonly string[]): readonly [definition: string, condition: string] {
    loop.states.forEach((state, i) => this.#setName(state, names[i]!));
    const readers = readersAmong(loop.asking, [loop.condition]);
    const used = new Set(this.#names);
    if (this.statements(loop.asking, readers) === "") return ["", this.#written.get(loop.condition)!.text];
    // Its statements are written again, with the parameters of the function.
    this.#names.clear();
    for (const name of used) this.#names.add(name);
    for (const inner of loopsOf(withInner(loop.asking))) this.#loops.delete(inner);
    const name = this.#fresh("ended");
    const parameters = loop.states.map((state, i) => {
      const parameter = this.#fresh(names[i]!);
      this.#setName(state, parameter);
      return parameter;
    });
    const body = `${this.statements(loop.asking, readers)}return ${this.#written.get(loop.condition)!.text};\n`;
    return [`def ${name}(${parameters.join(", ")}) {\n${indented(body)}}\n`, `${name}(${names.join(", ")})`];
  }

  #expression(node: GraphNode): Written {
    const inner = membership(node)?.sop ?? undefined;
    const parts = (inner ? [inner] : operands(node)).map((operand) => this.#written.get(operand)!);
    const depth = 1 + Math.max(0, ...parts.map((part) => part.depth));
    const [a, b, c] = parts.map(({ text, compound }) => (compound ? `(${text})` : text));
    const [x, y] = parts.map(({ text }) => text);
    const atomic = (text: string): Written => ({ text, compound: false, depth });
    const compound = (text: string): Written => ({ text, compound: true, depth });
    switch (node.kind) {
      case "tokens":
        return atomic(`tokens_${node.conversion}`);
      case "indices":
        return atomic("indices");
      case "positions":
        return atomic("positions");
      case "read":
        throw new PrintError("a program with vectors is printed by its own text");
      case "state":
      case "final":
        return this.#written.get(node)!;
      case "constant":
        return { text: literal(node.value), compound: literal(node.value).startsWith("-"), depth };
      case "select":
        return atomic(`select(${x!}, ${y!}, ${node.op})`);
      case "aggregate": {
        const otherwise = node.noDefault === undefined ? literal(node.default) : "[]";
        return atomic(`aggregate(${x!}, ${y!}${otherwise === "0" ? "" : `, ${otherwise}`})`);
      }
      case "best":
        return atomic(`best(${x!}, ${y!})`);
      case "not":
        return compound(`not ${a!}`);
      case "and":
      case "or":
        return compound(`${a!} ${node.kind} ${b!}`);
      case "map":
        return inner
          ? compound(`${literal(membership(node)!.item)} in ${a!}`)
          : this.#map(node, [a!, b!, c!], x!, depth);
    }
  }

  #map({ fn, args }: MapNode, [a, b, c]: readonly string[], bare: string, depth: number): Written {
    const atomic = (text: string): Written => ({ text, compound: false, depth });
    const compound = (text: string): Written => ({ text, compound: true, depth });
    if (fn.name === "if") return compound(`${b!} if ${a!} else ${c!}`);
    if (fn.name === "round" || fn.name === "indicator") return atomic(`${fn.name}(${bare})`);
    if (fn.name === "[]" && fn.container) return atomic(`${containerText(fn.container)}[${bare}]`);
    if (fn.container && !fn.key.startsWith("1 if")) return compound(`${a!} ${fn.name} ${containerText(fn.container)}`);
    if (PREFIX.has(fn.key) && args.length === 1) return compound(fn.name === "not" ? `not ${a!}` : `${fn.name}${a!}`);
    if (INFIX.has(fn.key) && args.length === 2) return compound(`${a!} ${fn.name} ${b!}`);
    throw new PrintError(`the function "${fn.name}" has no form in RASP`);
  }

  /** A free name: the wanted one, with a number if it is taken. */
  #fresh(wanted: string): string {
    const base = /^[a-zA-Z_][a-zA-Z_0-9]*$/.test(wanted) ? wanted : "answer";
    let name = base;
    for (let i = 1; this.#names.has(name); i++) name = `${base}_${i}`;
    this.#names.add(name);
    return name;
  }
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ");

/** Nodes with those inside the loops that they end, and inside loops inside these. */
function withInner(nodes: readonly GraphNode[]): GraphNode[] {
  const all = new Set(nodes);
  for (const node of all) if (node.kind === "final") for (const inner of nodesInside(node.loop)) all.add(inner);
  return [...all];
}

/** How often nodes are read by others, and by `more`. A loop reads its first values; what else it reads, the nodes inside it do. */
function readersAmong(nodes: readonly GraphNode[], more: readonly GraphNode[] = []): Readers {
  const readers = new Map<GraphNode, number>();
  const inits = loopsOf(nodes).flatMap(({ states, steps, condition }) => [
    ...states.map(({ init }) => init),
    ...steps,
    condition,
  ]);
  const read = nodes.flatMap((node) => (node.kind === "final" ? [] : operands(node)));
  for (const operand of [...read, ...inits, ...more]) readers.set(operand, (readers.get(operand) ?? 0) + 1);
  return readers;
}

/** What the body of a loop makes of the states, also where its condition does. */
function bodyOf({ asking, body, steps }: Loop): GraphNode[] {
  const needed = new Set<GraphNode>([...body, ...steps]);
  const asked = new Set(asking);
  for (const node of needed) for (const operand of operands(node)) if (asked.has(operand)) needed.add(operand);
  return [...asking.filter((node) => needed.has(node)), ...body].sort((a, b) => a.id - b.id);
}

/** The nodes that are states of a loop after it. */
const finalsOf = (loop: Loop, readers: Readers, root: GraphNode): FinalNode[] =>
  [...readers.keys(), root].filter((node): node is FinalNode => node.kind === "final" && node.loop === loop);

const PREFIX: ReadonlySet<string> = new Set(["not", "-", "+"]);
const INFIX: ReadonlySet<string> = new Set("+ - * / % ^ == <= >= < > and or".split(" "));

/** The parts of a node that is `atom in s-op`, a comparison of the share of equal elements with 0. */
function membership(node: GraphNode) {
  if (node.kind !== "map" || node.fn.key !== ">") return undefined;
  const [share] = node.args;
  if (share?.kind !== "aggregate" || share.value.kind !== "map" || !share.value.fn.key.startsWith("1 if ==")) {
    return undefined;
  }
  const [item] = share.value.fn.container?.kind === "list" ? share.value.fn.container.items : [];
  return {
    item: item!,
    sop: share.value.args[0]!,
    hidden: [share, share.value, share.selector, ...operands(share.selector)],
  };
}

/** An atom as the language writes it. @throws PrintError if it cannot */
export function literal(atom: Atom): string {
  if (typeof atom === "string") {
    if (/["\r\n]/.test(atom)) {
      throw new PrintError(`${JSON.stringify(atom)} has no literal: RASP's strings have no escapes`);
    }
    return `"${atom}"`;
  }
  if (atom === null) throw new PrintError("null has no literal: only the combinators know it");
  if (typeof atom === "number") return floatLiteral(atom);
  return describeAtom(atom);
}

/** Digits, a point, digits: RASP has no exponents. */
function floatLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new PrintError(`${value} has no literal`);
  if (value < 0 || Object.is(value, -0)) return `-${floatLiteral(-value)}`;
  if (Number.isInteger(value)) return `${BigInt(value)}.0`;
  for (let digits = 1; digits <= 100; digits++) {
    const text = value.toFixed(digits);
    if (Number(text) === value) return text;
  }
  throw new PrintError(`${value} is too small for a literal without an exponent`);
}

function containerText(container: Container): string {
  const item = (atom: Atom | undefined): string => (atom === undefined ? "[]" : literal(atom));
  if (container.kind === "dict") return dictText([...container.entries].map(([key, value]) => [key, item(value)]));
  return container.kind === "list" ? `[${container.items.map(item).join(", ")}]` : literal(container.items.join(""));
}

const dictText = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([key, value]) => `${literal(atomOfKey(key))}: ${value}`).join(", ")}}`;
