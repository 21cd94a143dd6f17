/**
 * Programs with a loop as decoders with a scratchpad: behind the input a decoder writes the states of each step as tokens, reads them back
 * for the next one, and at the end writes the answer. What it has written is its memory, so that its layers are those of one step.
 */
import { checks } from "@selectron/core";
import { atomKey } from "../../language/atom/compare.js";
import { checkSOp } from "../../language/graph/kinds.js";
import type { SOp } from "../../language/graph/node.js";
import type { Input } from "../../language/interpret/tokens.js";
import { certify, withWeights } from "../certify/certify.js";
import { bestCandidate, type Proof } from "../choose-plan.js";
import { assemble } from "../layout/assemble.js";
import { repeatedLoop } from "../looped/parts.js";
import { CompiledModel } from "../model/compiled-model.js";
import type { ModelCard } from "../model/model-card.js";
import { subspaceCards } from "../model/subspace-cards.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import type { Output, Plan } from "../plan/ir/plan.js";
import { combineReads, constantRead, type Read } from "../plan/ir/read.js";
import { plan } from "../plan/planner.js";
import { refuse } from "../refusal.js";
import { Domain } from "../values/domain.js";
import { checkedVocabulary } from "../values/vocabulary.js";
import { mostSteps, withOneLoop } from "../values/loops.js";
import { ScratchpadModel } from "./scratchpad-model.js";
import { mostLines } from "./scratchpad-text.js";
import { linedProgram, type Line, type LinedProgram } from "./lines.js";
import { lineValues } from "./line-values.js";
import { Stream } from "./stream.js";
import { streamTokens, type StreamTokens } from "./tokens.js";
import { Translator } from "./translate.js";

export { ScratchpadModel, type Scratchpad } from "./scratchpad-model.js";
export { verifyScratchpad, type ScratchpadReport, type WrongToken } from "./verify-scratchpad.js";
export type { WrittenLine } from "./written.js";

/** For which inputs a program with a loop is compiled. */
export interface ScratchpadOptions {
  /** The input elements that the model takes. A string is a list of characters, and a whole number is an int. */
  readonly vocabulary: Input;
  /** The longest input, 1 or more. What is written behind it is more. */
  readonly maxLength: number;
  /** What the s-op is called in the model; its own name by default. */
  readonly name?: string | undefined;
}

/** As for other models: float32 tells so many positions apart exactly. */
const MOST_POSITIONS = 4096;

const OPTIONS = { vocabulary: checks.anything, maxLength: checks.aNumber, name: checks.aText };

/**
 * Compiles an s-op with a loop to the weights of a decoder that computes it in writing. The weights are those of one step, however many an
 * input takes. Its certificate holds for every text that begins as the decoder's own do, and so for all that it writes behind any input.
 *
 * @throws RaspError of class `compile`, at the s-op's place in the source, where the program does not compile
 * @throws RangeError on an empty vocabulary or a maximum length that is not a whole number from 1 up
 */
export function compileScratchpad(sop: SOp, options: ScratchpadOptions): ScratchpadModel {
  checkSOp("compileScratchpad", sop);
  checks.checkOptions("compileScratchpad", options, OPTIONS, ["vocabulary", "maxLength"]);
  const { maxLength, name = sop.name ?? "s-op" } = options;
  const vocabulary = checkedVocabulary(options.vocabulary, maxLength);
  const makeDomain = (): Domain => new Domain(vocabulary, maxLength);
  const root = withOneLoop(sop, repeatedLoop(sop), makeDomain());
  const program = linedProgram(root, name);
  const start = makeDomain();
  const maxSteps = mostSteps(root, program.looped.loop, makeDomain);
  const context = contextOf(sop, program, maxLength, maxSteps);
  const meanings = lineValues(program, start);
  const tokens = streamTokens(vocabulary, meanings.lines);
  const stream = new Stream(program, tokens, { maxInput: maxLength, maxSteps, context });
  const translator = new Translator(stream, program, meanings.valuesOf);
  const values = meanings.lines.map((meaning) => translator.value(meaning.line, meaning));
  const next = stream.chosen(translator.everywhere(meanings.halts));
  const roots = [next, stream.index, ...values];
  const { domain, form } = stream;
  const planWith = (view: Domain, careful: boolean): Proof => {
    const parts = plan(roots, form, view, { oneHot: true, careful });
    const planned = { ...parts, outputs: [tokenOutput(parts.outputs, program.lines, tokens)] };
    return { planned, certificate: certify(planned, domain.vocabulary, context) };
  };
  const { planned, certificate, layout } = bestCandidate(roots as NormalSOp[], domain, planWith);
  const dependsOnTypes = [...meanings.lines, meanings.halts].some((meaning) => meaning.dependsOnTypes);
  if (dependsOnTypes || domain.dependsOnTypes(false)) {
    refuse(
      sop,
      "a scratchpad has one token for 1, 1.0 and True, and its values depend on which of them something is",
      "use ints of fewer digits, and functions that treat them alike; plain layers tell them apart",
    );
  }
  const places = new Map(tokens.all.map(({ atom }, t) => [atomKey(atom), t]));
  const tokenIds = domain.values(form.tokens()).map((atom) => places.get(atomKey(atom))! + 1);
  const { model, heads } = assemble(planned, layout, true, tokenIds);
  const weights = [...model.parameters()].map(([path, { data }]) => [path, data] as const);
  const card: ModelCard = {
    name,
    vocabulary: tokens.all.map(({ atom }) => atom),
    maxLength: context,
    outputs: [{ name, decoding: { kind: "categorical", classes: planned.outputs[0]!.classes } }],
    labels: layout.labels,
    heads,
    subspaces: subspaceCards(layout),
    precision: "float32",
    certificate: withWeights(certificate, weights, "float32"),
    config: model.config,
    scratchpad: {
      inputs: vocabulary.length,
      maxLength,
      maxSteps,
      lines: meanings.lines.map(({ line: { name: of, part }, at }) => ({ name: of, part, values: at })),
    },
  };
  return new ScratchpadModel(new CompiledModel(model, card, layout));
}

/** How many tokens a scratchpad can have. @throws RaspError of class `compile` where they are too many */
function contextOf(sop: SOp, { lines }: LinedProgram, maxLength: number, maxSteps: number): number {
  const context = maxLength + 1 + maxLength * mostLines(lines, maxSteps);
  if (context <= MOST_POSITIONS) return context;
  const count = (...parts: readonly Line["part"][]): number => lines.filter(({ part }) => parts.includes(part)).length;
  const [once, each] = [count("before", "first", "ask", "after"), count("ask", "step", "state")];
  return refuse(
    sop,
    `its scratchpad can have ${context} tokens, and the limit is ${MOST_POSITIONS}: ${maxLength} of the input, 1 that ends it, and ${maxLength} for each of ${once} lines that are written once and of ${each} in each of up to ${maxSteps} steps, ${maxLength} + 1 + ${maxLength} · (${once} + ${maxSteps} · ${each})`,
    "compile for shorter inputs, or let the loop take fewer steps",
  );
}

/**
 * The next token as one class: its line, its index and its value have a logit each, and those of a token are added up. Of all tokens only
 * the right one has all three.
 */
function tokenOutput(
  [next, index, ...values]: readonly Output[],
  lines: readonly Line[],
  { values: tokens, end }: StreamTokens,
): Plan["outputs"][number] {
  const reader = ({ classes, reads }: Output) => {
    const places = new Map(classes.map((atom, c) => [atomKey(atom), c]));
    return (atom: Parameters<typeof atomKey>[0]): Read => {
      const place = places.get(atomKey(atom));
      return place === undefined ? constantRead(0) : reads[place]!;
    };
  };
  const [readNext, readIndex] = [reader(next!), reader(index!)];
  const readValue = new Map(lines.map((line, l) => [line, reader(values[l]!)]));
  const sum = (...reads: readonly Read[]): Read => combineReads(reads.map((read) => [1, read] as const));
  return {
    kind: "categorical",
    classes: [...tokens.map(({ atom }) => atom), end],
    reads: [
      ...tokens.map(({ line, index: i, value }) =>
        sum(readNext(line.name), readIndex(BigInt(i)), readValue.get(line)!(value)),
      ),
      // The text behind the last token has neither.
      sum(readNext(end), constantRead(2)),
    ],
  };
}
