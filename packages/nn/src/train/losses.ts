/** Losses beside core's `crossEntropy`: means, as scalars on the tape. */
import { checks, ShapeError, type Tensor } from "@selectron/core";

/**
 * Binary cross-entropy of independent yes-or-no answers: the mean of log(1 + exp(x)) − x · t over all elements,
 * computed as max(x, 0) − x · t + log(1 + exp(−|x|)), which neither overflows nor cancels.
 *
 * @param logits - any shape; sigmoid(logit) is the probability of yes
 * @param targets - of the same shape, 0 to 1
 * @returns a scalar
 * @throws ShapeError if the shapes differ
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  checks.check("binaryCrossEntropy: logits", logits, checks.aTensor);
  checks.check("binaryCrossEntropy: targets", targets, checks.aTensor);
  if (logits.shape.join() !== targets.shape.join()) {
    throw new ShapeError(
      `binaryCrossEntropy: logits [${logits.shape.join(", ")}] and targets [${targets.shape.join(", ")}] ` +
        "must have one shape.",
    );
  }
  const softplus = logits.abs().neg().exp().add(1).log();
  return logits.relu().sub(logits.mul(targets)).add(softplus).mean();
}

/** Keeps the logarithm finite where a weight has underflowed. */
const FLOOR = 1e-9;

/**
 * How far an attention pattern is from a target, row by row: the mean of −Σⱼ targetⱼ · log patternⱼ over the rows whose
 * target selects something. The target of a selector is its row divided by its width (Weiss et al. 2021, arXiv
 * 2106.06981, section 5 supervises attention like this).
 *
 * @param pattern - [..., queries, keys], rows that sum to 1
 * @param target - broadcasts to the same shape; rows that sum to 1, or to 0 where nothing is asked
 * @returns a scalar
 */
export function attentionLoss(pattern: Tensor, target: Tensor): Tensor {
  checks.check("attentionLoss: pattern", pattern, checks.aTensor);
  checks.check("attentionLoss: target", target, checks.aTensor);
  const asked = target.broadcastTo(pattern.shape);
  const rows = Math.max(1, Math.round(asked.sum().item()));
  return pattern
    .add(FLOOR)
    .log()
    .mul(asked)
    .sum()
    .mul(-1 / rows);
}
