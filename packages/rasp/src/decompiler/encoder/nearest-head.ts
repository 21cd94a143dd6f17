/** How near a selector is to what the heads of the model attend to. */
import type { HeadReport, NearestHead } from "../common/report.js";
import type { Batch } from "./batch.js";
import type { CandidateSelector } from "./candidate.js";

/** Inputs that distances are measured on, and selectors that a head is compared with. */
const [COMPARED, MOST_SELECTORS] = [40, 400];

/** The head whose attention is nearest to a selector; undefined if the model has no heads. */
export function nearestHead(selector: CandidateSelector, batch: Batch): NearestHead | undefined {
  const distances = headsIn(batch).map(({ layer, head }) => ({
    layer,
    head,
    distance: headDistance(selector, batch, layer, head),
  }));
  return distances.sort((a, b) => a.distance - b.distance)[0];
}

/** For each head the nearest of some selectors. */
export function readHeads(selectors: Iterable<CandidateSelector>, batch: Batch): HeadReport[] {
  const compared = [...new Set(selectors)].slice(0, MOST_SELECTORS);
  return headsIn(batch).map(({ layer, head }) => {
    const distances = compared.map((selector) => ({
      score: selector.key,
      distance: headDistance(selector, batch, layer, head),
    }));
    const nearest = distances.reduce((a, b) => (b.distance < a.distance ? b : a));
    return { layer, head, ...nearest };
  });
}

const headsIn = ({ inputs }: Batch): { layer: number; head: number }[] =>
  inputs[0]!.patterns.flatMap((heads, layer) => heads.map((_, head) => ({ layer, head })));

/** Mean total variation distance between a head's attention and equal shares for the selected keys. */
function headDistance(selector: CandidateSelector, batch: Batch, layer: number, head: number): number {
  const test = selector.test(batch);
  let [sum, count] = [0, 0];
  batch.inputs.slice(0, COMPARED).forEach(({ ids, patterns }, s) => {
    const [n, start] = [ids.length, batch.starts[s]!];
    const pattern = patterns[layer]![head]!;
    for (let i = 0; i < n; i++) {
      const row = ids.map((_, j) => Number(test(start + i, start + j)));
      const selected = row.reduce((a, b) => a + b, 0);
      // Where nothing is selected, the head may attend to anything.
      if (selected === 0) continue;
      row.forEach((is, j) => (sum += Math.abs(is / selected - pattern[i * n + j]!) / 2));
      count++;
    }
  });
  return count === 0 ? 1 : sum / count;
}
