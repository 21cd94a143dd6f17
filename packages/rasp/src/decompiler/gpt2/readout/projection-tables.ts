/** A readout's tables to look at. */
import type { Heatmap } from "../../common/heatmap.js";
import type { Readout } from "./readout.js";

/** One table for each projection that treats symbols differently, without its rows and columns of zeros. */
export function projectionTables({ projections, task }: Readout): Heatmap[] {
  const width = task.vocabulary.length;
  return projections.flatMap(({ variable, table }) => {
    const at = (row: number, column: number): number => table[row * width + column]!;
    const rows = variable.basis.flatMap((_, r) => (task.vocabulary.some((_, c) => at(r, c) !== 0) ? [r] : []));
    const columns = task.vocabulary.flatMap((_, c) => (rows.some((r) => at(r, c) !== 0) ? [c] : []));
    if (rows.length === 0) return [];
    return [
      {
        title: `project(${variable.key})`,
        rows: rows.map((r) => variable.basis[r]!.replace(/^"(.*)"$/, "$1")),
        columns: columns.map((c) => task.vocabulary[c]!),
        values: rows.map((r) => columns.map((c) => at(r, c))),
      },
    ];
  });
}
