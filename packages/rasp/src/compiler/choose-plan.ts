/**
 * Which plan becomes the model. Functions can be computed from leaves or in stages, and with the smallest weights or with care: a proved
 * plan comes before others, and then a smaller one.
 */
import { RaspError } from "../language/diagnostic.js";
import type { Certificate } from "./certify/certify.js";
import { parameterCount } from "./layout/assemble.js";
import { layOut, type Layout } from "./layout/layout.js";
import type { NormalSOp } from "./normalize/normal-form.js";
import { isApproximate, isLow } from "./plan/ir/arithmetic.js";
import type { Plan } from "./plan/ir/plan.js";
import { stagings } from "./plan/staging.js";
import { NOT_APART, refusal } from "./refusal.js";
import type { Domain } from "./values/domain.js";

export interface Proof {
  readonly planned: Plan;
  readonly certificate: Certificate;
}

/** A plan with what follows from it. */
export interface Candidate extends Proof {
  readonly layout: Layout;
  readonly parameters: number;
}

/** The work of a plan whose functions are computed from leaves, and of each plan in stages. */
const [PLAN_WORK, STAGED_WORK] = [6e8, 1.5e8];
/** A model of more would be hundreds of megabytes. */
const MOST_PARAMETERS = 1 << 26;
/** A model with fewer parameters is not tried in stages. */
const SMALL_MODEL = 1000;

/**
 * The best of the plans in which functions are computed from leaves, and in stages: a proved one before others, and then a smaller one. A
 * layer more must halve the model, because a model also takes time for each of its layers.
 *
 * @throws RaspError of class `compile` where all are refused: the first one's
 */
export function bestCandidate(
  roots: readonly NormalSOp[],
  domain: Domain,
  planWith: (view: Domain, careful: boolean) => Proof,
): Candidate {
  let best: Candidate | undefined;
  let fewestLayers = Infinity;
  const refusals: RaspError[] = [];
  const attempt = (view: Domain): void => {
    const proof = orRefusal(() => provenPlan((careful) => planWith(view, careful)));
    if (proof instanceof RaspError) {
      refusals.push(proof);
      return;
    }
    const layout = smallestLayout(proof.planned);
    const parameters = parameterCount(proof.planned, layout);
    if (parameters > MOST_PARAMETERS) {
      refusals.push(tooLarge(parameters, roots[0]!));
      return;
    }
    const made = { ...proof, layout, parameters };
    fewestLayers = Math.min(fewestLayers, depthOf(made.planned));
    if (!best || byWeight(made, best) < 0) best = made;
  };
  const attemptStages = (sparse: boolean): void => {
    for (const stages of stagings(roots, domain, sparse)) {
      attempt(domain.forPlan(domain.work.another(STAGED_WORK), stages));
    }
  };
  attempt(domain.forPlan(domain.work.another(PLAN_WORK)));
  if (best === undefined || best.parameters >= SMALL_MODEL) attemptStages(false);
  // Where stages made it deeper than it has to be, fewer of them may do.
  if (best !== undefined && depthOf(best.planned) > fewestLayers) attemptStages(true);
  if (best === undefined) throw refusals[0]!;
  return best;
}

/** The better one first: a proved one before others, and then the smaller one. */
const byWeight = (a: Candidate, b: Candidate): number =>
  Number(b.certificate.proved) - Number(a.certificate.proved) || weightOf(a) - weightOf(b);

const weightOf = ({ planned, parameters }: Candidate): number => parameters * 2 ** depthOf(planned);

const tooLarge = (parameters: number, { origin }: NormalSOp): RaspError =>
  refusal(
    origin,
    `the model would have ${parameters} parameters; the limit is ${MOST_PARAMETERS}`,
    "use a shorter maximum length or a smaller vocabulary, or round or limit what it is computed from",
  );

const depthOf = ({ heads, features }: Plan): number =>
  [...heads, ...features.map(({ subspace }) => subspace)].reduce((most, { layer }) => Math.max(most, layer), 0);

/**
 * The usual plan if it is proved; otherwise a careful one if that is; otherwise the usual one, unproved.
 *
 * @throws RaspError of class `compile` where the usual plan is refused, unless care mends it
 */
function provenPlan(planWith: (careful: boolean) => Proof): Proof {
  const usual = orRefusal(() => planWith(false));
  if (!mayBeMended(usual)) return madeOf(usual);
  const careful = orRefusal(() => planWith(true));
  return careful instanceof RaspError || !careful.certificate.proved ? madeOf(usual) : careful;
}

/** Not where values of the program are one number in float32, and all else is proved. */
const mayBeMended = (made: Proof | RaspError): boolean =>
  made instanceof RaspError
    ? made.diagnostic.code === NOT_APART
    : !made.certificate.proved && made.certificate.provedWithin === undefined;

function orRefusal<T>(make: () => T): T | RaspError {
  try {
    return make();
  } catch (error) {
    if (error instanceof RaspError) return error;
    throw error;
  }
}

function madeOf<T>(made: T | RaspError): T {
  if (made instanceof RaspError) throw made;
  return made;
}

/** The layout with fewer weights: clearing coordinates for use by others takes hidden units, which can cost more than it saves. */
function smallestLayout(planned: Plan): Layout {
  const apart = layOut(planned, false);
  // A coordinate is cleared exactly only if operands hold all that is in it.
  if (isLow(planned.arithmetic) || isApproximate(planned.arithmetic)) return apart;
  // Sharing does not make a quarter of a model, and takes long in a large one.
  if (parameterCount(planned, apart) > 4 * MOST_PARAMETERS) return apart;
  const shared = layOut(planned, true);
  if (shared.reused.length === 0) return apart;
  return parameterCount(planned, shared) < parameterCount(planned, apart) ? shared : apart;
}
