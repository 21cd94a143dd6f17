/** Whether a bool holds at all positions, as an s-op. */
import { comparisonMap } from "./elementwise.js";
import { aggregateNode, constantNode, mapNode, selectNode, selectorPairNode, type Selector, type SOp } from "./node.js";

/** True at the positions at which a bool holds at every position that `among` selects; at all positions if that is absent. */
export function everywhere(condition: SOp, among?: Selector): SOp {
  const { span } = condition;
  const fails = selectNode(condition, constantNode(false, span), "==", span);
  const selected = among ? selectorPairNode("and", fails, among, span) : fails;
  // 1, or the mean of ones, where something is selected.
  const some = aggregateNode(selected, constantNode(1n, span), 0n, span);
  return mapNode(comparisonMap("=="), [some, constantNode(0n, span)], span);
}
