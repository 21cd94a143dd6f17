/**
 * Compares a decoder with a scratchpad with the interpreter: every token of every line. All that should be written is given to the
 * decoder at once, and at each place it has to say the next token. Where it always does, it writes that text itself, token by token.
 */
import { checks } from "@selectron/core";
import { atomKey } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import { aRunLength, checkSOp } from "../../language/graph/kinds.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { countInputs, everyInput, randomInputs } from "../verify/inputs.js";
import { ScratchpadText } from "./scratchpad-text.js";
import { linedProgram, type LinedProgram } from "./lines.js";
import { ScratchpadModel } from "./scratchpad-model.js";
import { writtenLines, type WrittenLine } from "./written.js";

/** All inputs up to the model's maximum length, or `runs` random ones, which a seed determines. */
export type VerifyScratchpadOptions = { readonly exhaustive: true } | { readonly runs: number; readonly seed: number };

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

const OPTIONS = {
  exhaustive: {
    what: "true; leave it out, and give runs and seed, for random inputs",
    fits: (v: unknown) => v === true,
  },
  runs: aRunLength,
  seed: checks.aFinite,
};

/**
 * Compares every token that a decoder writes with what the interpreter says.
 *
 * @param sop - what `compileScratchpad` was given
 * @param onProgress - called after each input
 */
export function verifyScratchpad(
  sop: SOp,
  model: ScratchpadModel,
  options: VerifyScratchpadOptions,
  onProgress?: (done: number, total: number) => void,
): ScratchpadReport {
  checkSOp("verifyScratchpad", sop);
  checks.check("verifyScratchpad: model", model, checks.anInstance(ScratchpadModel));
  checks.checkOptions("verifyScratchpad", options, OPTIONS);
  const isWhole = (options as { readonly exhaustive?: true }).exhaustive === true;
  if (!isWhole) checks.checkOptions("verifyScratchpad", options, OPTIONS, ["runs", "seed"]);
  checks.checkGiven("verifyScratchpad: onProgress", onProgress, checks.aFunction());
  const program = linedProgram(sop);
  const text = new ScratchpadText(model.model.card);
  const inputs =
    "runs" in options
      ? randomInputs(model.inputs, model.maxLength, options.runs, options.seed)
      : everyInput(model.inputs, model.maxLength);
  const total = "runs" in options ? options.runs : countInputs(model.inputs.length, model.maxLength);
  let [count, withoutValue, wrong, steps, tokens] = [0, 0, 0, 0, 0];
  let counterexample: WrongToken | undefined;
  for (const input of inputs) {
    count++;
    onProgress?.(count, total);
    const lines = linesOn(program, input);
    if (!lines) {
      withoutValue++;
      continue;
    }
    steps += lines.at(-1)!.step;
    tokens += lines.length * input.length;
    const found = wrongToken(model, text, input, lines);
    if (!found) continue;
    wrong++;
    counterexample ??= found;
  }
  const report = { ok: wrong === 0, inputs: count, withoutValue, wrong, steps, tokens };
  return counterexample ? { ...report, counterexample } : report;
}

/** @returns undefined where the program has no value */
function linesOn(program: LinedProgram, input: readonly Atom[]): readonly WrittenLine[] | undefined {
  try {
    return writtenLines(program, input);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

function wrongToken(
  { model }: ScratchpadModel,
  written: ScratchpadText,
  input: readonly Atom[],
  lines: readonly WrittenLine[],
): WrongToken | undefined {
  const prompt = written.prompt(input);
  const places = lines.flatMap(({ name, step, values }) =>
    values.map((expected, position) => ({
      name,
      step,
      position,
      expected,
      token: written.tokenOf(name, position, expected),
    })),
  );
  const impossible = places.findIndex(({ token }) => token === undefined);
  const text = places.slice(0, impossible < 0 ? places.length : impossible).map(({ token }) => token!);
  const [said] = model.values([[...prompt, ...text]]);
  const next = said!.slice(prompt.length - 1);
  // Behind the last token the model says what is no token.
  const p = next.findIndex((token, i) =>
    places[i] ? !isToken(token, places[i].token) : model.idOf(token) !== undefined,
  );
  if (p < 0) return undefined;
  const got = next[p]!;
  const place = places[p];
  if (place) {
    return { input, step: place.step, name: place.name, position: place.position, expected: place.expected, got };
  }
  return { input, step: undefined, name: lines.at(-1)!.name, position: input.length, expected: null, got };
}

const isToken = (got: Atom, expected: Atom | undefined): boolean =>
  expected !== undefined && atomKey(got) === atomKey(expected);
