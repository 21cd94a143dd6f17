/** How many joint values of several s-ops are worked out at one position. */
import type { Formula } from "../normalize/formula.js";

/** With more joint values of its leaves at one position an elementwise s-op is computed in two steps, or refused. */
export const JOINT_LIMIT = 1 << 14;
/** With more joint values of several s-ops at one position a function of them is refused. */
export const MOST_JOINT = 1 << 17;

/** A function of one leaf has at most as many values as the leaf, which a large vocabulary is no reason to refuse. */
export const jointLimit = ({ leaves }: Formula): number => (leaves.length === 1 ? MOST_JOINT : JOINT_LIMIT);
