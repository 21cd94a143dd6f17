/** Pictures of computations. */
export {
  computation,
  firstSteps,
  nodeLabel,
  type ComputedHead,
  type ComputedLayer,
  type FirstSteps,
} from "./computation.js";
export {
  flow,
  LONGEST_INPUT,
  type DrawnLoop,
  type Flow,
  type Head,
  type Layer,
  type Row,
  type Step,
  type Use,
} from "./flow.js";
export { drawSvg, type SvgOptions } from "./svg.js";
export { drawText } from "./text.js";
