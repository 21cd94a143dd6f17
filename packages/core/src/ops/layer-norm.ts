/** Layer normalisation over the last axis (Ba, Kiros & Hinton 2016, arXiv 1607.06450, equations 3 and 4). */
import { anAmount, aTensor, check, misfit, checkSelf } from "../checks.js";
import { elementsOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import { layerNormRows } from "../reference/rows.js";
import { referenceLayerNormRowsBackward } from "../reference/training.js";
import { allocate, kernelsOr } from "../registry.js";
import { formatShape, normalizeAxis, sizeOf } from "../shape.js";
import { fresh, recorded } from "../tape.js";
import { Tensor } from "../tensor.js";

const reference = { layerNormRows, layerNormRowsBackward: referenceLayerNormRowsBackward };

/** x: [..., D]; gain and bias: [D], 1 and 0 if absent. Throws a ShapeError if they do not fit. */
export function layerNorm(x: Tensor, gain: Tensor | undefined, bias: Tensor | undefined, epsilon: number): Tensor {
  if (!(x instanceof Tensor)) checkSelf("layerNorm", x);
  check("layerNorm: epsilon", epsilon, anAmount);
  const columns = x.shape[normalizeAxis("layerNorm", -1, x.rank)]!;
  for (const [name, parameter] of Object.entries({ gain, bias })) {
    if (parameter !== undefined && !aTensor.fits(parameter)) throw misfit(`layerNorm: ${name}`, parameter, aTensor);
    if (parameter && (parameter.rank !== 1 || parameter.shape[0] !== columns)) {
      throw new ShapeError(
        `layerNorm: ${name} of shape ${formatShape(parameter.shape)} does not fit ${formatShape(x.shape)}; ` +
          `it must have shape [${columns}].`,
      );
    }
  }
  const out = allocate(x.size);
  const rows = columns === 0 ? 0 : x.size / columns;
  kernelsOr(reference).layerNormRows(
    elementsOf(x),
    gain && elementsOf(gain),
    bias && elementsOf(bias),
    out,
    rows,
    columns,
    epsilon,
  );
  const inputs = [x, gain, bias].filter((input) => input !== undefined);
  return recorded("layerNorm", inputs, out, x.shape, (gradient) => {
    const [dX, dGain, dBias] = [x.shape, [columns], [columns]].map((shape) => fresh(allocate(sizeOf(shape)), shape));
    kernelsOr(reference).layerNormRowsBackward({
      x: elementsOf(x),
      gain: gain && elementsOf(gain),
      outGradient: elementsOf(gradient),
      xGradient: elementsOf(dX!),
      gainGradient: elementsOf(dGain!),
      biasGradient: elementsOf(dBias!),
      rows,
      columns,
      epsilon,
    });
    return [dX, ...(gain ? [dGain] : []), ...(bias ? [dBias] : [])];
  });
}
