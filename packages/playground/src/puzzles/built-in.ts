/** The page's own puzzles, loaded when they are first asked for. */
import data from "./puzzles.json" with { type: "json" };
import { puzzleSet } from "./puzzle.js";

export const BUILT_IN = puzzleSet(data);
