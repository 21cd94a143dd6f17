/**
 * What lines are made of in the compiler's normal form, and the values that they can have on any input and in any step. A state has its
 * first values and what steps make of them, as in a looped model.
 */
import type { Atom, GraphNode, SOp } from "../../language/graph/node.js";
import { domainOf, keptValues } from "../looped/kept-values.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { simplify } from "../normalize/simplify.js";
import type { Domain } from "../values/domain.js";
import type { Table } from "../values/table.js";
import { distinctAtoms } from "../values/value-set.js";
import { Work } from "../work.js";
import type { Line, LinedProgram } from "./lines.js";

/** An s-op of the program, and what is known of the values of what it is made of. */
export interface Meaning {
  readonly root: NormalSOp;
  readonly domain: Domain;
  /** Whether its values depend on which of 1, 1.0 and True something is where its set has one of them. */
  readonly dependsOnTypes: boolean;
}

/** The meaning of a line. */
export interface LineMeaning extends Meaning {
  readonly line: Line;
  /** The values at each position of the inputs that have it. */
  readonly at: readonly (readonly Atom[])[];
}

/** What is known of a program's lines. */
export interface LineValues {
  readonly lines: readonly LineMeaning[];
  readonly halts: Meaning;
  /** All values that what is given as a node can have. */
  readonly valuesOf: (node: SOp) => readonly Atom[];
}

/** @throws RaspError of class `compile` for a state with too many values */
export function lineValues(program: LinedProgram, start: Domain): LineValues {
  const { looped, lines, halts, finals } = program;
  const tables = new Map<SOp, Table<readonly Atom[]>>(keptValues(looped, start, () => new Work()));
  const meaningOf = (sop: SOp, written: readonly Line[], own?: SOp): Meaning => {
    const given = new Map<GraphNode, SOp>(finals);
    for (const { node } of written) if (node !== own) given.set(node, node);
    const domain = domainOf(tables, start, new Work());
    const { sops, changesTypes } = simplify([sop], domain, undefined, given);
    const root = sops.get(sop)!;
    domain.values(root);
    return { root, domain, dependsOnTypes: domain.dependsOnTypes(changesTypes) };
  };
  const meanings = lines.map((line, l): LineMeaning => {
    const { node, value } = line;
    // What is written later cannot be read; a state, and whether a position has halted, can be read of the step before.
    const written = lines.filter(({ node: of }, other) => other < l || of.kind === "state");
    const meaning = meaningOf(value, written, value === node ? node : undefined);
    const made = meaning.domain.table(meaning.root).map(({ atoms }) => atoms);
    if (!tables.has(node)) tables.set(node, made);
    const at = Array.from({ length: start.maxLength }, (_, i) =>
      distinctAtoms(lengthsFrom(i + 1, start.maxLength).flatMap((n) => made.at(n, i))),
    );
    return { ...meaning, line, at };
  });
  const valuesOf = (node: SOp): readonly Atom[] =>
    distinctAtoms(
      [
        ...tables.get(node)!.distinct,
        ...meanings.filter(({ line }) => line.node === node).flatMap(({ at }) => at),
      ].flat(),
    );
  const asked = lines.filter(({ part }) => part !== "step" && part !== "after");
  return { lines: meanings, halts: meaningOf(halts, asked), valuesOf };
}

const lengthsFrom = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
