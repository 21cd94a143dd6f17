/** Pictures of computations. */
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
