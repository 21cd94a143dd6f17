/**
 * Softmax cross-entropy. One kernel computes the loss of a row and, if a gradient is required, the gradient with it.
 */
import { anInteger, aRate, aTensor, check, checkOptions, describeValue, either, numbers } from "../checks.js";
import { elementsOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import { referenceCrossEntropyRows } from "../reference/training.js";
import { allocate, kernelsOr } from "../registry.js";
import { formatShape, sizeOf } from "../shape.js";
import { isRecorded, recorded } from "../tape.js";
import { Tensor } from "../tensor.js";

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** Rows with this target are ignored; none by default. */
  readonly ignoreIndex?: number | undefined;
  /**
   * The share ε in [0, 1) of the target's probability that is spread evenly over all classes (Szegedy et al. 2016,
   * arXiv 1512.00567, section 7); 0 by default.
   */
  readonly labelSmoothing?: number | undefined;
}

const reference = { crossEntropyRows: referenceCrossEntropyRows };
const targetsKind = either(aTensor, numbers);
const optionKinds = { ignoreIndex: anInteger(Number.MIN_SAFE_INTEGER), labelSmoothing: aRate };

/** The class of each row of logits [..., C], −1 where the row is ignored. Throws as `crossEntropy` does. */
function checkedTargets(
  logits: Tensor,
  targets: Tensor | readonly number[],
  ignoreIndex: number | undefined,
): Int32Array {
  const classes = logits.shape[logits.rank - 1];
  const values = "data" in targets ? elementsOf(targets) : targets;
  if (classes === undefined || values.length !== sizeOf(logits.shape.slice(0, -1))) {
    throw new ShapeError(
      `crossEntropy: ${values.length} targets do not fit logits of shape ${formatShape(logits.shape)}; ` +
        `pass one class for each row of the last axis.`,
    );
  }
  const rows = new Int32Array(values.length);
  for (let i = 0; i < rows.length; i++) {
    const target = values[i]!;
    if (target !== ignoreIndex && !(Number.isInteger(target) && target >= 0 && target < classes)) {
      throw new RangeError(
        `crossEntropy: target ${describeValue(target)} at row ${i} is not a class; use 0 to ${classes - 1}` +
          (ignoreIndex === undefined ? ", or pass ignoreIndex." : `, or ${ignoreIndex} to leave the row out.`),
      );
    }
    rows[i] = target === ignoreIndex ? -1 : target;
  }
  return rows;
}

/**
 * The mean, over all rows that are not ignored, of −log softmax(row)[target]; with label smoothing ε of
 * −Σⱼ qⱼ log softmax(row)[j], q = (1 − ε) one-hot + ε / C.
 *
 * @param logits - [..., C]
 * @param targets - one class for each row: 0 to C − 1, or `ignoreIndex`
 * @returns a scalar; 0 if every row is ignored
 * @throws ShapeError if the number of targets does not fit, RangeError on a target or a smoothing out of range
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor | readonly number[],
  options: CrossEntropyOptions = {},
): Tensor {
  check("crossEntropy: logits", logits, aTensor);
  check("crossEntropy: targets", targets, targetsKind);
  checkOptions("crossEntropy", options, optionKinds);
  const { ignoreIndex, labelSmoothing = 0 } = options;
  const classes = checkedTargets(logits, targets, ignoreIndex);
  const rows = classes.length;
  const columns = logits.shape[logits.rank - 1]!;
  const counted = classes.reduce((count, target) => count + (target < 0 ? 0 : 1), 0);
  const scale = 1 / Math.max(1, counted);
  const elements = elementsOf(logits);
  const losses = allocate(rows);
  const slopes = isRecorded([logits]) ? allocate(rows * columns) : undefined;
  kernelsOr(reference).crossEntropyRows({
    logits: elements,
    targets: classes,
    losses,
    gradient: slopes,
    scale,
    rows,
    columns,
  });
  let total = 0;
  for (let i = 0; i < rows; i++) total += losses[i]!;
  if (labelSmoothing > 0) total += smooth(elements, classes, columns, labelSmoothing, scale, slopes);
  return recorded("crossEntropy", [logits], allocate(1).fill(total * scale), [], (gradient) => {
    const slope = new Tensor(slopes!, logits.shape);
    const factor = gradient.item();
    return [factor === 1 ? slope : slope.mul(factor)];
  });
}

/**
 * What smoothing adds to the sum of the losses: ε · (logit of the target − mean logit) for each row. Adds
 * scale · ε · (one-hot target − 1 / C) to the gradient `slopes` in place.
 */
function smooth(
  logits: Float32Array,
  targets: Int32Array,
  columns: number,
  share: number,
  scale: number,
  slopes: Float32Array | undefined,
): number {
  let added = 0;
  targets.forEach((target, i) => {
    if (target < 0) return;
    const start = i * columns;
    let mean = 0;
    for (let j = start; j < start + columns; j++) mean += logits[j]! / columns;
    added += share * (logits[start + target]! - mean);
    if (!slopes) return;
    for (let j = 0; j < columns; j++) slopes[start + j]! += scale * share * ((j === target ? 1 : 0) - 1 / columns);
  });
  return added;
}
