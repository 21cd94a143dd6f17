/**
 * Programs with a loop as Transformers with a loop: layers before it, layers that are applied until every position has halted, and layers
 * after it. The states lie in the residual stream as one-hot vectors, each with coordinates of its own. The last sublayers of the loop
 * overwrite them: they take away what the states hold and add what the step has made, take away what else the step has written, and round.
 * What a step leaves is therefore exactly 0 or 1 again, and nothing adds up from one step to the next.
 */
import { LoopedEncoder } from "@selectron/nn";
import { checks } from "@selectron/core";
import { describeAtom } from "../../language/atom/text.js";
import type { SOp } from "../../language/graph/node.js";
import { checkSOp } from "../../language/graph/kinds.js";
import type { Input } from "../../language/interpret/tokens.js";
import { bestCandidate, type Candidate, type Proof } from "../choose-plan.js";
import { certifyGiven } from "../certify/certify.js";
import { assembleParts, layerCount, type Part } from "../layout/assemble.js";
import { layOut } from "../layout/layout.js";
import type { Output } from "../plan/ir/plan.js";
import { plan } from "../plan/planner.js";
import { describeNode, refuse } from "../refusal.js";
import { simplify, type Simplified } from "../normalize/simplify.js";
import { Domain } from "../values/domain.js";
import { withOneLoop } from "../values/loops.js";
import { checkedVocabulary } from "../values/vocabulary.js";
import { Work } from "../work.js";
import { domainOf, keptValues } from "./kept-values.js";
import type { LoopCertificate, LoopedCard, StateCard } from "./looped-card.js";
import { LoopedModel } from "./looped-model.js";
import { loopedProgram, repeatedLoop, type Kept, type LoopedProgram } from "./parts.js";
import { updatesAfter, withUpdate, type Write } from "./update.js";

export type { LoopCertificate, LoopedCard, LoopLayers, StateCard } from "./looped-card.js";
export { isLoopedModel } from "./looped-file.js";
export { LoopedModel, type LoopedRun, type LoopedStats } from "./looped-model.js";

/** For which inputs a program with a loop is compiled. */
export interface LoopedOptions {
  /** The input elements that the model takes. A string is a list of characters, and a whole number is an int. */
  readonly vocabulary: Input;
  /** The longest input, 1 or more. */
  readonly maxLength: number;
  /** The name of the model; that of the s-op if absent. */
  readonly name?: string;
  /** Whether no position sees one after it; false by default. */
  readonly causal?: boolean;
}

/** As for models without a loop: float32 tells so many positions apart exactly. */
const MOST_POSITIONS = 4096;

const OPTIONS = {
  vocabulary: checks.anything,
  maxLength: checks.aNumber,
  name: checks.aText,
  causal: checks.aFlag,
};

/** Something with more values that one head gives is computed in each step again. */
const MOST_KEPT = 32;

/**
 * Compiles an s-op with a loop to the weights of a Transformer with a loop. The layers of a step are there once, however many steps an input
 * takes, and the certificate holds for every number of steps.
 *
 * @throws RaspError of class `compile`, at the s-op's place in the source, where the program does not compile
 * @throws RangeError on an empty vocabulary or a maximum length that is not a whole number from 1 up
 */
export function compileLooped(sop: SOp, options: LoopedOptions): LoopedModel {
  checkSOp("compileLooped", sop);
  checks.checkOptions("compileLooped", options, OPTIONS, ["vocabulary", "maxLength"]);
  const { maxLength, name = sop.name ?? "s-op", causal = false } = options;
  const vocabulary = checkedVocabulary(options.vocabulary, maxLength);
  if (maxLength > MOST_POSITIONS) {
    refuse(sop, `the maximum length is ${maxLength}; the limit is ${MOST_POSITIONS}`, "use a shorter maximum length");
  }
  // Each normal form has a domain of its own: what a domain knows it knows by the numbers of a form's nodes.
  const makeDomain = (): Domain => new Domain(vocabulary, maxLength, causal);
  const root = withOneLoop(sop, repeatedLoop(sop), makeDomain());
  const program = loopedProgram([root], (node) => isLarge(node, makeDomain()));
  const start = makeDomain();
  const values = keptValues(program, start, () => new Work());
  const { kept, given } = program;
  const firsts = kept.map(({ first }) => first);
  const before = planned(firsts, makeDomain(), (outputs) => ({ outputs }));
  const changing = kept.filter(({ next }) => next !== undefined);
  const steps = changing.map(({ step }) => step!);
  const halting = changing.indexOf(program.halted);
  const updating = (outputs: readonly Output[]): Updated => ({ outputs, halted: outputs[halting]! });
  const inside = planned(steps, domainOf(values, start, new Work()), updating, given);
  const after = planned([root], domainOf(values, start, new Work()), undefined, given);
  const places = coordinatesOf(program, inside);
  const halted = places.get(program.halted)!;
  if (!halted.classes.includes(true)) {
    refuse(sop, "its loop never ends on these inputs", "give it a higher limit, or a condition that comes to hold");
  }
  const { parts, dModel } = laidOut(program, [before, inside, after], [kept, changing, []], places);
  const ids = new Map(vocabulary.map((token, t) => [token, t + 1]));
  const tokenIds = before.domain.values(before.simplified.form.tokens()).map((token) => ids.get(token)!);
  const { model, heads } = assembleParts(parts, dModel, causal, tokenIds);
  const [first, second] = parts.map(
    ({ plan: made, layout, updates = [] }) => layerCount(made, layout) + updates.length,
  );
  const loop = {
    first: first!,
    last: first! + second! - 1,
    halted: halted.first + halted.classes.indexOf(true),
    // Once more than there are steps: to find that all positions have halted.
    most: Math.min(program.loop.limit, Number.MAX_SAFE_INTEGER - 1) + 1,
  };
  const config = { ...model.config, loop };
  const { kind, classes, points } = after.planned.outputs[0]!;
  const card: LoopedCard = {
    name,
    vocabulary,
    maxLength,
    output: { kind, classes, ...(points ? { points } : {}) },
    states: [...places.values()].slice(0, program.loop.states.length),
    labels: labelsOf(parts, [...places.values()]),
    heads,
    certificate: certificateOf([before, inside, after]),
    config,
  };
  const looped = new LoopedModel(new LoopedEncoder(config, model.parameters()), card);
  looped.inside = { layout: parts[1]!.layout, before: first!, kept: kept.map(({ node }) => node) };
  return looped;
}

const isLarge = (node: SOp, domain: Domain): boolean =>
  domain.values(simplify([node], domain).sops.get(node)!).length > MOST_KEPT;

/** What each coordinate holds: BOS, what is kept, and what is each part's own. */
function labelsOf(parts: readonly Part[], places: readonly StateCard[]): readonly string[] {
  const kept = places.flatMap(({ name, classes }) => classes.map((value) => `${name}: ${describeAtom(value)}`));
  return ["BOS", ...kept, ...parts.flatMap(({ layout }) => layout.labels.slice(1))];
}

/** What is planned for one part of the program. */
interface Planned extends Candidate {
  readonly simplified: Simplified;
  readonly domain: Domain;
}

/** What the sublayers that write it read. */
interface Updated {
  readonly outputs: readonly Output[];
  /** Of a step, what says where a position has halted. */
  readonly halted?: Output;
}

/** @param updated - of roots that are kept for the next part, and not read at the end */
function planned(
  roots: readonly SOp[],
  domain: Domain,
  updated?: (outputs: readonly Output[]) => Updated,
  given?: LoopedProgram["given"],
): Planned {
  const simplified = simplify(roots, domain, undefined, given);
  const normal = roots.map((root) => simplified.sops.get(root)!);
  const planWith = (view: Domain, careful: boolean): Proof => {
    const made = plan(normal, simplified.form, view, { oneHot: updated !== undefined, careful });
    const proof = certifyGiven(made, domain.vocabulary, domain.maxLength);
    if (!updated) return { planned: made, certificate: proof.certificate };
    const { outputs, halted } = updated(made.outputs);
    return { planned: made, certificate: withUpdate(proof, outputs, halted) };
  };
  return { ...bestCandidate(normal, domain, planWith), simplified, domain };
}

/** The coordinates of what is kept, behind that of BOS: one for each value. */
function coordinatesOf({ kept, loop }: LoopedProgram, inside: Planned): ReadonlyMap<Kept, StateCard> {
  const places = new Map<Kept, StateCard>();
  let first = 1;
  for (const one of kept) {
    const classes = inside.domain.values(inside.simplified.form.given(one.node));
    const unnamed = places.size < loop.states.length ? `state ${places.size + 1}` : describeNode(one.node);
    places.set(one, { name: one.node.name ?? unnamed, classes, first });
    first += classes.length;
  }
  return places;
}

/** The plans with coordinates of their own beside what is kept, and with the sublayers that write that. */
function laidOut(
  program: LoopedProgram,
  all: readonly Planned[],
  written: readonly (readonly Kept[])[],
  places: ReadonlyMap<Kept, StateCard>,
): { readonly parts: readonly Part[]; readonly dModel: number } {
  let next = [...places.values()].reduce((end, { first, classes }) => Math.max(end, first + classes.length), 1);
  const byNode = new Map([...places].map(([{ node }, place]) => [node, place]));
  const parts = all.map(({ planned: made }, p): Part => {
    const given = new Map(
      [...made.embeddings.given].map(([normal, subspace]) => {
        const { first } = byNode.get(normal.origin!)!;
        return [subspace, subspace.names.map((_, c) => first + c)] as const;
      }),
    );
    const layout = layOut(made, false, { first: next, given });
    next += layout.labels.length - 1;
    const writes = written[p]!.map((one, o): Write => ({ to: places.get(one)!, output: made.outputs[o]! }));
    // Before the first step nothing is there, and no position has halted.
    const halted = p > 0 ? writes[written[p]!.indexOf(program.halted)] : undefined;
    const updates = writes.length === 0 ? [] : updatesAfter(made, layout, writes, halted);
    return { plan: made, layout, updates };
  });
  return { parts, dModel: next };
}

/**
 * The proof for every number of steps: what is kept is exactly 0 and 1 after the layers before the loop, and exactly so after a step if it was
 * before it, because the update bears the errors of what the step has made.
 */
const certificateOf = (parts: readonly Planned[]): LoopCertificate => ({
  proved: parts.every(({ certificate }) => certificate.proved),
  parts: parts.map(({ certificate }) => certificate),
});
