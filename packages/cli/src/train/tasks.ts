/** The tasks that `selectron train` knows by name. */
import { additionTask, copyTask, nestedParserTask, parserTask, type SequenceTask } from "@selectron/nn";

export const TASKS: Readonly<Record<string, SequenceTask>> = {
  copy: copyTask,
  addition: additionTask,
  parser: parserTask,
  "nested-parser": nestedParserTask,
};

/** The task of this name. */
export const taskNamed = (name: string): SequenceTask | undefined =>
  Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
