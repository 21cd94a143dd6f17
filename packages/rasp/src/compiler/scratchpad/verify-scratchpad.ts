/**
 * Compares a decoder with a scratchpad with the interpreter: every token of every line. All that should be written is given to the
 * decoder at once, and at each place it has to say the next token. Where it always does, it writes that text itself, token by token.
 */
import { checks } from "@selectron/core";
import { atomKey } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import { checkSOp } from "../../language/graph/kinds.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { repeatedLoop } from "../looped/parts.js";
import { Domain } from "../values/domain.js";
import { withOneLoop } from "../values/loops.js";
import { countInputs } from "../verify/inputs.js";
import { checkRun, inputsToTry, type VerifyRun } from "../verify/run-options.js";
import { linedProgram, type LinedProgram } from "./lines.js";
import { ScratchpadModel } from "./scratchpad-model.js";
import { ScratchpadText } from "./scratchpad-text.js";
import { writtenLines, type WrittenLine } from "./written.js";

/** The first token that is wrong behind an input. */
export interface WrongToken {
  readonly input: readonly Atom[];
  /** Behind how many steps; undefined where it goes on at the end. */
  readonly step: number | undefined;
  /** The s-op of the line. */
  readonly name: string;
  readonly position: number;
  /** The value that the interpreter has there, and the token that the model writes. */
  readonly expected: Atom;
  readonly got: Atom;
}

/** What a verification found. */
export interface ScratchpadReport {
  /** Whether the model writes what the interpreter says, on every input on which the program has a value. */
  readonly ok: boolean;
  readonly inputs: number;
  /** Inputs on which the program has no value, such as those on which its loop does not end. */
  readonly withoutValue: number;
  readonly wrong: number;
  /** All steps, and all tokens, that were compared. */
  readonly steps: number;
  readonly tokens: number;
  readonly counterexample?: WrongToken;
}

/**
 * Compares every token that a decoder writes with what the interpreter says.
 *
 * @param sop - what `compileScratchpad` was given
 * @param onProgress - called after each input
 */
export function verifyScratchpad(
  sop: SOp,
  model: ScratchpadModel,
  options: VerifyRun,
  onProgress?: (done: number, total: number) => void,
): ScratchpadReport {
  checkSOp("verifyScratchpad", sop);
  checks.check("verifyScratchpad: model", model, checks.anInstance(ScratchpadModel));
  checkRun("verifyScratchpad", options);
  checks.checkGiven("verifyScratchpad: onProgress", onProgress, checks.aFunction());
  const domain = new Domain(model.inputs, model.maxLength);
  const program = linedProgram(withOneLoop(sop, repeatedLoop(sop), domain), model.model.card.name);
  const text = new ScratchpadText(model.model.card);
  const inputs = inputsToTry({ vocabulary: model.inputs, maxLength: model.maxLength }, options);
  const total = "runs" in options ? options.runs : countInputs(model.inputs.length, model.maxLength);
  const found = { ok: true, inputs: 0, withoutValue: 0, wrong: 0, steps: 0, tokens: 0 };
  let counterexample: WrongToken | undefined;
  let batch: Written[] = [];
  const compare = (): void => {
    for (const wrong of wrongTokens(model, batch)) {
      if (!wrong) continue;
      found.ok = false;
      found.wrong++;
      counterexample ??= wrong;
    }
    batch = [];
  };
  for (const input of inputs) {
    found.inputs++;
    const lines = linesOn(sop, program, input);
    if (lines) {
      const next = writtenAs(text, input, lines);
      found.steps += lines.at(-1)!.step;
      found.tokens += lines.length * input.length;
      if (batch.length > 0 && batch.length * batch[0]!.text.length + next.text.length > BATCH) compare();
      batch.push(next);
    } else {
      found.withoutValue++;
    }
    onProgress?.(found.inputs, total);
  }
  compare();
  return counterexample ? { ...found, counterexample } : found;
}

/** So many tokens go through the model together. */
const BATCH = 2048;

/** @returns undefined where the program has no value, such as where a loop does not end of which the decoder has the steps written out */
function linesOn(sop: SOp, program: LinedProgram, input: readonly Atom[]): readonly WrittenLine[] | undefined {
  try {
    const values = new Evaluation(input).sop(sop);
    const lines = writtenLines(program, input);
    return [...lines.slice(0, -1), { ...lines.at(-1)!, values }];
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** A token that should be written. */
interface Place extends Pick<WrongToken, "name" | "position" | "expected"> {
  readonly step: number;
  /** Undefined for a value that the line cannot have. */
  readonly token: Atom | undefined;
}

/** What should be written behind an input. */
interface Written {
  readonly input: readonly Atom[];
  readonly places: readonly Place[];
  /** The input with all of that, up to the first value that a line cannot have. */
  readonly text: readonly Atom[];
}

function writtenAs(text: ScratchpadText, input: readonly Atom[], lines: readonly WrittenLine[]): Written {
  const places = lines.flatMap(({ name, step, values }) =>
    values.map((expected, position): Place => {
      return { name, step, position, expected, token: text.tokenOf(name, position, expected) };
    }),
  );
  const impossible = places.findIndex(({ token }) => token === undefined);
  const possible = places.slice(0, impossible < 0 ? places.length : impossible);
  return { input, places, text: [...text.prompt(input), ...possible.map(({ token }) => token!)] };
}

/** The first wrong token behind each input, undefined where all are right. */
function wrongTokens({ model }: ScratchpadModel, batch: readonly Written[]): (WrongToken | undefined)[] {
  return model.values(batch.map(({ text }) => text)).map((said, b): WrongToken | undefined => {
    const { input, places } = batch[b]!;
    const next = said.slice(input.length);
    // Behind the last token the model says what is no token.
    const p = next.findIndex((got, i) => (places[i] ? !isToken(got, places[i].token) : model.idOf(got) !== undefined));
    if (p < 0) return undefined;
    const got = next[p]!;
    if (!places[p]) return { input, step: undefined, name: places.at(-1)!.name, position: p, expected: null, got };
    const { step, name, position, expected } = places[p];
    return { input, step, name, position, expected, got };
  });
}

const isToken = (got: Atom, expected: Atom | undefined): boolean =>
  expected !== undefined && atomKey(got) === atomKey(expected);
