/** The variables that a program may use, simplest first. */
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import type { HeadReading } from "../heads/head-reading.js";
import { back, namedPatterns, secondHopPatterns, tokenPatterns } from "../heads/named-patterns.js";
import { attendVariable, moduloVariable, tokenVariable } from "../variables/basic.js";
import { countVariables } from "../variables/counts.js";
import type { Variable } from "../variables/variable.js";

/** @param deep - whether the model has a second layer, so that attention may read what the first one carries */
export function variablePool(
  task: Task,
  readings: readonly HeadReading[],
  deep = readings.some(({ layer }) => layer > 0),
): Variable[] {
  const tokens = tokenVariable(task);
  const attended = new Map(namedPatterns(task).map((pattern) => [pattern.key, attendVariable(pattern, tokens)]));
  const previous = attended.get(back(1).key)!;
  const read = readings
    .filter(({ pattern }) => pattern.parameters > 0)
    .flatMap(({ layer, pattern }) => [
      attendVariable(pattern, tokens),
      ...(layer > 0 ? [attendVariable(pattern, previous)] : []),
    ]);
  const twoHops = deep ? secondHopPatterns().map((pattern) => attendVariable(pattern, previous)) : [];
  // Whether two tokens have been next to each other.
  const pairs =
    task.vocabulary.length <= FEW_SYMBOLS
      ? tokenPatterns(task).map((pattern) => attendVariable(pattern, previous))
      : [];
  return [
    tokens,
    ...[2, 3, 4].map(moduloVariable),
    ...attended.values(),
    ...twoHops,
    ...pairs,
    ...read,
    ...countVariables(task),
  ];
}
