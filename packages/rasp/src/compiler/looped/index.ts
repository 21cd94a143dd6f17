/**
 * Programs with a loop as Transformers with a loop: layers before it, layers that are applied until every position has halted, and layers
 * after it. The states lie in the residual stream as one-hot vectors, each with coordinates of its own. The last sublayer of the loop
 * overwrites them: it takes away what they hold and adds what the step has made, and it takes away what else the step has written. What it
 * writes is 0 or 1 again, so that no error goes on from one step to the next.
 */
import type { LoopedEncoderConfig } from "@selectron/nn";
import { LoopedEncoder } from "@selectron/nn";
import type { SOp } from "../../language/graph/node.js";
import type { Input } from "../../language/interpret/tokens.js";
import { bestCandidate, type Candidate, type Proof } from "../choose-plan.js";
import { certifyGiven } from "../certify/certify.js";
import { assembleParts, layerCount } from "../layout/assemble.js";
import { layOut } from "../layout/layout.js";
import { refuse } from "../refusal.js";
import { simplify, type Simplified } from "../normalize/simplify.js";
import { FLOAT32 } from "../plan/ir/arithmetic.js";
import type { Subspace } from "../plan/ir/read.js";
import { plan, type PlanOptions } from "../plan/planner.js";
import { FEW } from "../plan/heads/number-match.js";
import { Domain } from "../values/domain.js";
import { checkedVocabulary } from "../values/vocabulary.js";
import { Work } from "../work.js";
import { domainOf, keptValues } from "./kept-values.js";
import { LoopedModel, type KeptCoordinates, type LoopCertificate } from "./looped-model.js";

import { loopedProgram, type Kept, type LoopedProgram } from "./parts.js";
import { isSettled, updatesAfter } from "./update.js";

export { LoopedModel } from "./looped-model.js";

/** For which inputs a program is compiled. */
export interface LoopedOptions {
  readonly vocabulary: Input;
  readonly maxLength: number;
  readonly name?: string;
  readonly causal?: boolean;
}

/** What is planned for one part of the program. */
interface Planned extends Candidate {
  readonly simplified: Simplified;
  readonly domain: Domain;
}

/** @throws RaspError of class `compile` */
export function compileLooped(sop: SOp, options: LoopedOptions): LoopedModel {
  const { maxLength, causal = false } = options;
  const vocabulary = checkedVocabulary(options.vocabulary, maxLength);
  const program = loopedProgram([sop]);
  const { kept, given } = program;
  const start = new Domain(vocabulary, maxLength, causal);
  const values = keptValues(program, start, () => new Work());
  const changing = kept.filter(({ next }) => next !== undefined);

  const before = planned(
    kept.map(({ first }) => first),
    start,
    true,
  );
  const inside = planned(
    changing.map(({ next }) => next!),
    domainOf(values, start, new Work()),
    true,
    given,
  );
  const after = planned([sop], domainOf(values, start, new Work()), false, given);

  // The coordinates: BOS, what is kept, and then those of each part.
  const keptCoordinates = new Map<Kept, KeptCoordinates>();
  let next = 1;
  for (const one of kept) {
    const classes = inside.domain.sets.union(inside.domain.table(givenIn(inside, one)).distinct);
    keptCoordinates.set(one, { name: one.node.name ?? "", classes, first: next });
    next += classes.length;
  }
  const parts = [before, inside, after].map((part) => {
    const places = new Map<Subspace, readonly number[]>();
    for (const [normal, subspace] of part.planned.embeddings.given) {
      const one = kept.find(({ node }) => node === normal.origin)!;
      const { first } = keptCoordinates.get(one)!;
      places.set(
        subspace,
        subspace.names.map((_, c) => first + c),
      );
    }
    const layout = layOut(part.planned, false, { first: next, given: places });
    const room = { from: next, to: next + layout.labels.length - 1 };
    next = room.to;
    return { plan: part.planned, layout, room };
  });
  const [first, step, last] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
  const writes = (part: Planned, written: readonly Kept[]) =>
    written.map((one, o) => ({
      coordinates: keptCoordinates.get(one)!,
      output: part.planned.outputs[o]!,
    }));
  const firstUpdates = updatesAfter(first.plan, first.layout, writes(before, kept), false);
  const stepUpdates = updatesAfter(step.plan, step.layout, writes(inside, changing), true);
  const places = new Map(vocabulary.map((token, t) => [token, t]));
  const tokenIds = start.values(before.simplified.form.tokens()).map((token) => places.get(token)! + 1);
  const { model } = assembleParts(
    [{ ...first, updates: firstUpdates }, { ...step, updates: stepUpdates }, last],
    next,
    causal,
    tokenIds,
  );
  const firstBlock = layerCount(first.plan, first.layout) + firstUpdates.length;
  const halted = keptCoordinates.get(program.halted)!;
  if (!halted.classes.includes(true)) {
    refuse(sop, "its loop never ends on these inputs", "give it a higher limit, or a condition that comes to hold");
  }
  const config: LoopedEncoderConfig = {
    ...model.config,
    loop: {
      first: firstBlock,
      last: firstBlock + layerCount(step.plan, step.layout) + stepUpdates.length - 1,
      halted: halted.first + halted.classes.indexOf(true),
      most: program.loop.limit + 1,
    },
  };
  const encoder = new LoopedEncoder(config, model.parameters());
  const certificate = certified([before, inside, after], maxLength);
  return new LoopedModel({
    encoder,
    vocabulary,
    maxLength,
    kept: [...keptCoordinates.values()],
    output: after.planned.outputs[0]!,
    certificate,
    states: program.loop.states.length,
  });
}

const givenIn = ({ simplified }: Planned, { node }: Kept) => simplified.form.given(node);

function planned(roots: readonly SOp[], domain: Domain, oneHot: boolean, given?: LoopedProgram["given"]): Planned {
  const simplified = simplify(roots, domain, undefined, given);
  const normal = roots.map((root) => simplified.sops.get(root)!);
  const options: PlanOptions = { arithmetic: FLOAT32, few: FEW, oneHot };
  const planWith = (view: Domain, careful: boolean): Proof => {
    const made = plan(normal, simplified.form, view, { ...options, careful });
    return { planned: made, certificate: certifyGiven(made, domain.vocabulary, domain.maxLength).certificate };
  };
  return { ...bestCandidate(normal, domain, planWith), simplified, domain };
}

/**
 * The proof for every number of steps: what is kept is exactly 0 and 1 after the layers before the loop, and exactly so after a step if it was
 * before it, because the update bears the errors of what the step has made.
 */
function certified(all: readonly [Planned, Planned, Planned], maxLength: number): LoopCertificate {
  const parts = all.map(({ planned: made, domain }) => certifyGiven(made, domain.vocabulary, maxLength));
  const [before, inside] = parts as [(typeof parts)[0], (typeof parts)[0]];
  const settled = isSettled(before.outputErrors) && isSettled(inside.outputErrors);
  const certificates = parts.map(({ certificate }) => certificate);
  return { proved: settled && certificates.every(({ proved }) => proved), parts: certificates };
}
