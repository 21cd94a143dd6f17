/**
 * One program with a loop on four roads: the interpreter, the layers of all steps written out, the Transformer with a loop, and the decoder
 * with a scratchpad. On every input they must have the same states after each step, and the same values at the end.
 */
import {
  compile,
  compileLooped,
  compileScratchpad,
  Evaluation,
  load,
  loopSteps,
  RaspError,
  verifyScratchpad,
  type Atom,
  type CompiledModel,
  type LoopedModel,
  type ScratchpadModel,
  type SOp,
  type WrongToken,
} from "../../../src/index.js";
import { atomKey } from "../../../src/language/atom/compare.js";
import { describeInput } from "../../../src/language/atom/text.js";
import { finalNodes, loopsOf } from "../../../src/language/graph/loop.js";
import { topological } from "../../../src/language/graph/node.js";
import { repeatedLoop } from "../../../src/compiler/looped/parts.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";

/** The roads beside the interpreter. */
export const ROADS = ["unrolled", "looped", "scratchpad"] as const;
export type Road = (typeof ROADS)[number];

/** So many inputs' scratchpads are written token by token. */
const WRITTEN = 4;

/** What came of a program. */
export interface Outcome {
  /** Why a road does not take the program. */
  readonly refused: ReadonlyMap<Road, string>;
  /** Of the inputs, those on which the program has a value. */
  readonly compared: number;
  /** Their steps together. */
  readonly steps: number;
}

/** The program's s-op `result`; undefined if it has no value on its example, or reads nothing of a loop. */
export function resultOf(source: string, example: readonly Atom[]): SOp | undefined {
  const sop = valueOrNone(() => load(source, { example }).sop("result"));
  return sop && loopsOf(topological(sop)).length > 0 ? sop : undefined;
}

/** What the interpreter says of an input. */
interface Meant {
  readonly names: readonly string[];
  readonly values: string;
  /** After each step each state, as text. */
  readonly states: readonly (readonly string[])[];
  /** Each state after the last step. */
  readonly last: readonly string[];
}

/** Throws where a road's answer is not the interpreter's. */
type Check = (road: Road, what: string, meant: string, got: string | undefined) => void;

/**
 * Compiles the program on each road and compares it on all inputs.
 *
 * @throws Error that shows program, road, input and both answers where a road goes wrong, and where a certificate is not proved
 */
export function compareRoads(source: string, sop: SOp, vocabulary: readonly Atom[], maxLength: number): Outcome {
  const refused = new Map<Road, string>();
  const wrong = (road: Road, what: string): Error => new Error(`${road}: ${what}\n\n${source}\n`);
  const made = <T extends Model>(road: Road, make: () => T): T | undefined => {
    try {
      const model = make();
      if (!model.certificate.proved) throw wrong(road, "not proved");
      return model;
    } catch (error) {
      if (!(error instanceof RaspError)) throw error;
      if (error.diagnostic.class !== "compile") throw wrong(road, error.message);
      refused.set(road, error.message);
      return undefined;
    }
  };
  const options = { vocabulary, maxLength };
  const ends = endsOf(sop);
  const unrolled = made("unrolled", () => compile({ result: sop, ...ends }, options));
  const looped = made("looped", () => compileLooped(sop, options));
  const scratchpad = made("scratchpad", () => compileScratchpad(sop, options));
  let [compared, steps] = [0, 0];
  for (const input of everyInput(vocabulary, maxLength)) {
    const meant = meantOn(sop, input);
    if (!meant) continue;
    compared++;
    steps += meant.states.length;
    const check: Check = (road, what, expected, got) => {
      if (got === expected) return;
      throw wrong(road, `${what} on ${describeInput(input)} is ${got}, and should be ${expected}`);
    };
    if (unrolled) checkUnrolled(unrolled, input, meant, check);
    if (looped) checkLooped(looped, input, meant, check);
    // Every input in one pass of its text; few as they are written.
    if (scratchpad && compared <= WRITTEN) checkScratchpad(scratchpad, input, meant, check);
  }
  if (scratchpad) {
    const { counterexample } = verifyScratchpad(sop, scratchpad, { exhaustive: true });
    if (counterexample) throw wrong("scratchpad", shown(counterexample));
  }
  return { refused, compared, steps };
}

const shown = ({ name, step, position, input, expected, got }: WrongToken): string =>
  `${name} at position ${position}, step ${step}, on ${describeInput(input)} is ${got}, and should be ${expected}`;

type Model = CompiledModel | LoopedModel | ScratchpadModel;

/** The states after the loop, as s-ops that can be compiled. */
const endsOf = (sop: SOp): Readonly<Record<string, SOp>> =>
  Object.fromEntries(finalNodes(repeatedLoop(sop)).map((node) => [`final ${node.name}`, node]));

function meantOn(sop: SOp, input: readonly Atom[]): Meant | undefined {
  return valueOrNone(() => {
    const repeated = repeatedLoop(sop);
    const { names, moments } = loopSteps(sop, input).find(({ loop }) => loop === repeated)!;
    const states = moments.map((moment) => moment.states.map(textOf));
    return { names, values: textOf(new Evaluation(input).sop(sop)), states: states.slice(1), last: states.at(-1)! };
  });
}

/** The states after the loop, and of those in between what can be read of them. */
function checkUnrolled(model: CompiledModel, input: readonly Atom[], meant: Meant, check: Check): void {
  const [values, ...last] = model.outputs([input]).map(([of]) => textOf(of!));
  check("unrolled", "the answer", meant.values, values);
  meant.names.forEach((name, s) => check("unrolled", name, meant.last[s]!, last[s]));
  for (const { sops } of model.trace(input).steps) {
    for (const { name, agrees, decoded, expected } of sops) {
      if (!agrees) check("unrolled", name, String(expected), String(decoded));
    }
  }
}

function checkLooped(model: LoopedModel, input: readonly Atom[], meant: Meant, check: Check): void {
  const { values, states } = model.steps(input);
  check("looped", "the number of steps", String(meant.states.length), String(states.length));
  meant.states.forEach((of, step) => {
    meant.names.forEach((name, s) =>
      check("looped", `${name} after step ${step + 1}`, of[s]!, textOf(states[step]![s]!)),
    );
  });
  check("looped", "the answer", meant.values, textOf(values));
}

/** States that no step changes are not written in each step. */
function checkScratchpad(model: ScratchpadModel, input: readonly Atom[], meant: Meant, check: Check): void {
  const { values, steps, lines } = model.write(input);
  check("scratchpad", "the number of steps", String(meant.states.length), String(steps));
  const written = new Set(model.lines.flatMap(({ name, part }) => (part === "state" ? [name] : [])));
  meant.states.forEach((of, step) => {
    meant.names.forEach((name, s) => {
      if (!written.has(name)) return;
      const line = lines.find((other) => other.name === name && other.step === step + 1);
      check("scratchpad", `${name} after step ${step + 1}`, of[s]!, line && textOf(line.values));
    });
  });
  check("scratchpad", "the answer", meant.values, textOf(values));
}

const textOf = (values: readonly Atom[]): string => values.map(atomKey).join(" ");

/** Undefined where the program has no value. */
function valueOrNone<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}
