/** The attention pattern of each head, drawn with characters: a row for each query, a column for each key. */
import { printable } from "@selectron/core";
import { atomText, type Atom, type CompiledModel } from "@selectron/rasp";

/** The characters for weights of at least these. */
const SHADES = [
  [0.75, "█"],
  [0.5, "▓"],
  [0.25, "▒"],
  [0.01, "░"],
  [1e-12, "+"],
] as const;

export const ATTENTION_LEGEND =
  "█ ▓ ▒ ░ weights from 1 down to 0.01; + one of the tiny equal shares that a counting head adds up; · none";

export function attentionText(model: CompiledModel, input: readonly Atom[]): string {
  const tokens = ["BOS", ...input.map((token) => printable(atomText(token), 40))];
  const width = Math.max(...tokens.map((token) => [...token].length)) + 1;
  const pictures: string[] = [];
  model.values([input], (name, { data, shape }) => {
    const layer = /^blocks\.(\d+)\.attention\.pattern$/.exec(name)?.[1];
    if (layer === undefined) return;
    const [, heads, n] = shape as [number, number, number, number];
    for (let h = 0; h < heads; h++) {
      const label = model.card.heads[Number(layer)]?.[h] ?? "";
      const rows = tokens.slice(1).map((token, q) => {
        const start = (h * n + q + 1) * n;
        return [token, ...Array.from(data.subarray(start, start + n), shade)].map((cell) => pad(cell, width)).join("");
      });
      const head = ["", ...tokens].map((cell) => pad(cell, width)).join("");
      pictures.push([`layer ${Number(layer) + 1}, head ${h + 1}: ${printable(label)}`, head, ...rows].join("\n"));
    }
  });
  return [...pictures, ATTENTION_LEGEND].join("\n\n");
}

const shade = (weight: number): string => SHADES.find(([minimum]) => weight >= minimum)?.[1] ?? "·";

const pad = (text: string, width: number): string => " ".repeat(width - [...text].length) + text;
