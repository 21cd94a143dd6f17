/** The tasks that `selectron train` knows by name. */
import { additionTask, copyTask, parserTask, type SequenceTask } from "@selectron/nn";

export const TASKS: Readonly<Record<string, SequenceTask>> = {
  copy: copyTask,
  addition: additionTask,
  parser: parserTask,
};

/** The task of this name. */
export const taskNamed = (name: string): SequenceTask | undefined =>
  Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
