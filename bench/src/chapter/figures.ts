/** `npm run bench -- figures`: the chapter's figures as drawings of docs/pictures. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { randn, Rng, type Tensor } from "@selectron/core";
import { architectureSvg, divTerms, sinusoidalTable } from "@selectron/nn";
import { curvesSvg } from "./curves.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Numbers as squares, blue below 0 and red above, under a title. */
function heat(title: string, rows: readonly (readonly number[])[], x: number, y: number, cell: number): string[] {
  const most = Math.max(...rows.flat().map(Math.abs));
  return [
    `<text x="${x}" y="${y - 8}">${title}</text>`,
    ...rows.flatMap((row, r) =>
      row.map((value, c) => {
        const colour = value < 0 ? "#1f6feb" : "#d1242f";
        const place = `x="${x + c * cell}" y="${y + r * cell}" width="${cell}" height="${cell}"`;
        return `<rect ${place} fill="${colour}" fill-opacity="${(Math.abs(value) / most).toFixed(2)}"/>`;
      }),
    ),
  ];
}

const STYLE =
  "svg{--page:#fff;--ink:#1a1d21;background:var(--page);font:13px system-ui,sans-serif}" +
  "@media (prefers-color-scheme:dark){svg{--page:#14171a;--ink:#e8eaed}}text{fill:var(--ink)}";

const page = (title: string, width: number, height: number, body: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"><title>${title}</title><style>${STYLE}</style>`,
    `<rect width="100%" height="100%" fill="var(--page)"/>`,
    ...body,
    "</svg>\n",
  ].join("\n");

/** Sines of four periods, shifted by 1 so that they stay above the axis. */
function sinusoids(): string {
  const terms = divTerms(32);
  const curves = [0, 2, 4, 6].map((i) => ({
    name: `column ${2 * i}: period ${((2 * Math.PI) / terms[i]!).toFixed(0)}`,
    points: Array.from({ length: 61 }, (_, position): [number, number] => [
      position,
      1 + Math.sin(position * terms[i]!),
    ]),
  }));
  return curvesSvg(curves, { title: "Sinusoidal positions: 1 + sin", x: "position", y: "", most: 2 });
}

/** The steps of layer norm on two rows of a batch, as matrices. */
function layerNormPicture(): string {
  const rng = new Rng(1);
  const x = randn([5, 6], rng).mul(2).add(1);
  const centred = x.sub(x.mean(-1, true));
  const normalised = centred.div(centred.mul(centred).mean(-1, true).sqrt());
  const scaled = normalised.mul(randn([6], rng).mul(0.1).add(1)).add(randn([6], rng).mul(0.1));
  const steps: readonly [string, Tensor][] = [["x", x], ["x − μ", centred], ["(x − μ) / σ", normalised], ["γ · … + β", scaled]]; // prettier-ignore
  const body = steps.flatMap(([title, y], s) => heat(title, y.toArray() as number[][], 20 + 170 * s, 40, 24));
  return page("Layer norm, step by step: rows are tokens, columns features", 700, 190, body);
}

/** File name to drawing. */
export const figures: Readonly<Record<string, () => string>> = {
  "sinusoids.svg": sinusoids,
  "sinusoid-map.svg": () =>
    page("Sinusoidal positions: a row for each of 40 positions, a column for each of 64 dimensions", 560, 370, [
      ...heat("40 positions of width 64", sinusoidalTable(0, 40, 64).toArray() as number[][], 20, 36, 8),
    ]),
  "layer-norm.svg": layerNormPicture,
  "transformer.svg": () => {
    const sizes = {
      vocabSize: 37000,
      hiddenSize: 512,
      numHiddenLayers: 6,
      numAttentionHeads: 8,
      intermediateSize: 2048,
    };
    return architectureSvg(
      { ...sizes, activation: "relu", layerNorm: "post" },
      { title: "The Transformer of Vaswani et al. 2017" },
    );
  },
};

/** Draws them all. */
export function printFigures(): void {
  for (const [name, draw] of Object.entries(figures)) {
    writeFileSync(resolve(root, "docs/pictures", name), draw());
    console.log(`docs/pictures/${name}`);
  }
}
