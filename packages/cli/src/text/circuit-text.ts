/** Circuits, and what cutting their edges did, in words. */
import { printable, shortened } from "@selectron/core";
import type { AblatedCircuit, Circuit, EdgeScore, HookEdge } from "@selectron/rasp";
import { counted, percent } from "./words.js";

/** The edges that are not constant, one a line, with what they carry. */
export function circuitText({ name, edges, subspaces }: Circuit): string {
  const varying = edges.filter(({ constant }) => !constant);
  const lines = varying.map(({ from, to, input, subspaces: read }) => {
    const carried = read.map((s) => printable(subspaces[s]!.label)).join(", ");
    return `  ${from} -> ${to}${input === "query" || input === "key" || input === "value" ? `, ${input}` : ""}: ${shortened(carried, 200)}`;
  });
  const constant = edges.length - varying.length;
  const said = `${counted(varying.length, "edge")}, and ${constant} whose content is the same on every input`;
  return [`${shortened(printable(name), 200)}: ${said}`, ...lines].join("\n");
}

/** One line, and one for each redundant edge. */
export function trialText({ circuit, report }: AblatedCircuit): string {
  const { inputs, outside, changed, inside, redundant } = report;
  const cut = `${counted(outside, "edge")} outside cut together`;
  const effect =
    changed.mean + changed.resample === 0
      ? `change no answer on ${inputs} inputs`
      : `CHANGE answers on ${changed.mean} (mean) and ${changed.resample} (resample) of ${inputs} inputs`;
  const each =
    inside === 0
      ? "none is inside"
      : `of ${counted(inside, "edge")} inside ${redundant.length === 0 ? "each changes an answer" : `${redundant.length} changed none`}`;
  return [
    `${cut} ${effect}; ${each}`,
    ...redundant.map((edge) => `  redundant: ${edgeText(circuit.edges[edge]!.hooks)}`),
  ].join("\n");
}

/** How well found edges fit. */
export function scoreText({ right, missed, wrong, constant, precision, recall }: EdgeScore): string {
  const without = constant === 0 ? "" : `; ${constant} constant ones count for nothing`;
  return [
    `found: ${right} of ${right + missed.length} edges (recall ${percent(recall)}), ${wrong.length} wrong ones (precision ${percent(precision)})${without}`,
    ...listed("missed", missed),
    ...listed("wrong", wrong),
  ].join("\n");
}

const MOST_LISTED = 20;

function listed(what: string, edges: readonly HookEdge[]): string[] {
  const more = edges.length > MOST_LISTED ? [`  and ${edges.length - MOST_LISTED} more ${what}`] : [];
  return [...edges.slice(0, MOST_LISTED).map((edge) => `  ${what}: ${edgeText(edge)}`), ...more];
}

const edgeText = ([from, to]: HookEdge): string => shortened(printable(`${from} -> ${to}`), 200);
