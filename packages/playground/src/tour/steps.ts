/** The steps of the tour: what the page shows at each, and where to look. Titles and texts are in the messages, by number. */
import type { Panel } from "../app/state.js";
import type { MessageKey } from "../texts/texts.js";

export interface Step {
  /** A program to open. */
  readonly program?: MessageKey;
  readonly input?: string;
  /** The name to draw. */
  readonly target?: string;
  readonly panel?: Panel;
  /** Whether the program is compiled, if its weights are not there yet. */
  readonly compiles?: true;
  /** The part of the page that the step is about. */
  readonly place?: string;
}

export const STEPS: readonly Step[] = [
  { program: "tour.program.tokens", input: "hello", panel: "picture", place: "editor" },
  { program: "tour.program.selector", input: "hello", panel: "picture", target: "same", place: "picture" },
  { panel: "picture", target: "same", place: "picture" },
  { program: "tour.program.aggregate", input: "hello", panel: "picture", target: "answer", place: "picture" },
  { panel: "picture", target: "answer", place: "picture" },
  { program: "tour.program.reverse", input: "hello", panel: "picture", target: "reverse", place: "picture" },
  { panel: "picture", target: "reverse", place: "cost" },
  { panel: "weights", target: "reverse", place: "compile" },
  { panel: "weights", target: "reverse", place: "sides", compiles: true },
  { panel: "picture", place: "puzzles" },
];
