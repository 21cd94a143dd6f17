/** Cuts in a fixed order, with means in place of what is cut: components first, then single paths. */
import type { Clock } from "../../common/clock.js";
import type { Progress } from "../../common/search-options.js";
import { pathName, type Component, type Path } from "./components.js";
import { connected, LEAST, pathsOf, prunedTo } from "./cuts.js";
import type { Intervention } from "./intervention.js";
import type { Effect, Pruned } from "./report.js";
import type { Targets } from "./targets.js";

/**
 * Cuts the components that matter least first, then paths from the logits backwards. A cut is kept if it leaves enough of the decisions.
 *
 * @param alone - what is left of the decisions without each component
 */
export function pruneGreedily(targets: Targets, alone: readonly Effect[], progress: Progress, clock: Clock): Pruned {
  const { paths } = targets;
  const all = pathsOf(paths);
  const cut = new Set<string>();
  const gate: Intervention["gate"] = (from, to) => +!cut.has(pathName({ from, to }));
  const open = (): readonly Path[] =>
    connected(
      all.filter((path) => !cut.has(pathName(path))),
      paths,
    );
  const pathsFrom = (component: Component): string[] => all.filter(({ from }) => from === component).map(pathName);
  const steps: (readonly string[])[] = [
    ...[...alone].sort((a, b) => b.match - a.match).map(({ part }) => pathsFrom(part)),
    ...[...all].reverse().map((path) => [pathName(path)]),
  ];
  let [match, complete] = [1, true];
  steps.forEach((step, i) => {
    progress("cutting paths", i, steps.length);
    const names = new Set(open().map(pathName));
    const tried = step.filter((path) => names.has(path));
    if (tried.length === 0) return;
    if (clock.expired()) {
      complete = false;
      return;
    }
    tried.forEach((path) => cut.add(path));
    const left = targets.match({ gate });
    if (left >= LEAST) match = left;
    else tried.forEach((path) => cut.delete(path));
  });
  return prunedTo(open(), match, complete, paths);
}
