/** What every way of cutting shares: how much must be left, and which paths are left. */
import { pathName, type Component, type Path } from "./components.js";
import type { Intervention } from "./intervention.js";
import type { PathModel } from "./path-model.js";
import type { Pruned } from "./report.js";

/** The match that all cuts together must leave. */
export const LEAST = 0.94;

/** Every path of a model. */
export const pathsOf = (paths: PathModel): Path[] =>
  paths.readers.flatMap(({ reader, sources }) => sources.map((from) => ({ from, to: reader })));

/** The gate that is open for some paths only. */
export function gateOf(kept: readonly Path[]): NonNullable<Intervention["gate"]> {
  const open = new Set(kept.map(pathName));
  return (from, to) => +open.has(pathName({ from, to }));
}

/** Those of some paths that lead to the logits. */
export function connected(kept: readonly Path[], paths: PathModel): readonly Path[] {
  const read = new Set<Component>();
  const open = [...paths.readers].reverse().flatMap(({ reader, owner }) => {
    if (owner !== undefined && !read.has(owner)) return [];
    const own = kept.filter(({ to }) => to === reader);
    own.forEach(({ from }) => read.add(from));
    return own;
  });
  return kept.filter((path) => open.includes(path));
}

/** The report on what is left of a model. */
export const prunedTo = (kept: readonly Path[], match: number, complete: boolean, paths: PathModel): Pruned => ({
  match,
  components: paths.components.filter((component) => kept.some(({ from }) => from === component)),
  paths: kept,
  of: { components: paths.components.length, paths: pathsOf(paths).length },
  complete,
});
