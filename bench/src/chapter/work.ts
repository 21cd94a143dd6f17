/** `npm run bench -- work`: do counted multiply-adds foretell how long a forward pass takes? */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { noGrad, Rng, scope } from "@selectron/core";
import { layerWork, TransformerEncoder, type EncoderConfig } from "@selectron/nn";
import { enableWasm } from "@selectron/wasm-simd";

/** One model on one row. */
export interface WorkRun {
  readonly width: number;
  readonly layers: number;
  readonly length: number;
  readonly millions: number;
  /** Of the processor, the median of seven passes. */
  readonly milliseconds: number;
}

export interface WorkResult {
  readonly date: string;
  readonly runs: readonly WorkRun[];
}

const RECORD = fileURLToPath(new URL("../../results/work.json", import.meta.url));
const [WARM, PASSES] = [20, 7];

/** Widths, layers and lengths; feed-forward sublayers are four times as wide, and heads 16. */
const SIZES: readonly (readonly [width: number, layers: number, length: number])[] = [
  [32, 2, 64],
  [64, 2, 64],
  [64, 4, 64],
  [64, 2, 256],
  [128, 2, 64],
  [128, 2, 256],
  [256, 2, 64],
  [256, 2, 256],
];

/** Times a model of these sizes. */
export function workOf(width: number, layers: number, length: number): WorkRun {
  const block = { heads: Math.max(1, width / 16), dHead: Math.min(16, width), dFf: 4 * width };
  const config: EncoderConfig = {
    ...{ vocabularySize: 50, maxLength: length, dModel: width, outputs: 50, layerNorm: "pre" },
    blocks: Array.from({ length: layers }, () => block),
  };
  const model = new TransformerEncoder(config, new Rng(1));
  const rng = new Rng(2);
  const rows = [Array.from({ length }, () => rng.int(50))];
  const pass = (): void => void scope(() => noGrad(() => model.forward(rows).data.length));
  for (let warm = 0; warm < WARM; warm++) pass();
  const times = Array.from({ length: PASSES }, () => {
    const before = process.cpuUsage();
    pass();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }).sort((a, b) => a - b);
  const multiplyAdds = layerWork(config, length).reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  const rounded = (value: number): number => Number(value.toPrecision(3));
  return {
    ...{ width, layers, length },
    millions: rounded(multiplyAdds / 1e6),
    milliseconds: rounded(times[(PASSES - 1) / 2]!),
  };
}

/** The correlation of the logarithms of work and time. */
export function correlation(runs: readonly WorkRun[]): number {
  const points = runs.map(({ millions, milliseconds }) => [Math.log(millions), Math.log(milliseconds)] as const);
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point[0]), mean((point) => point[1])];
  const spread = (of: (point: readonly [number, number]) => number): number => mean((point) => of(point));
  const both = spread((point) => (point[0] - x) * (point[1] - y));
  return both / Math.sqrt(spread((point) => (point[0] - x) ** 2) * spread((point) => (point[1] - y) ** 2));
}

/** The runs as a Markdown table. */
export const workTable = (runs: readonly WorkRun[]): string =>
  [
    "| width | layers | tokens | million multiply-adds | ms of a processor | billions a second |",
    "|---|---|---|---|---|---|",
    ...runs.map(({ width, layers, length, millions, milliseconds }) => {
      return `| ${width} | ${layers} | ${length} | ${millions} | ${milliseconds} | ${(millions / milliseconds).toFixed(1)} |`;
    }),
  ].join("\n");

/** Measures and prints, and keeps the numbers if asked to. */
export async function printWork({ record }: { readonly record?: boolean }): Promise<void> {
  await enableWasm();
  const runs = SIZES.map(([width, layers, length]) => workOf(width, layers, length));
  console.log(workTable(runs));
  console.log(`correlation of the logarithms: ${correlation(runs).toFixed(3)}`);
  if (record) {
    writeFileSync(
      RECORD,
      `${JSON.stringify({ date: new Date().toISOString(), runs } satisfies WorkResult, null, 1)}\n`,
    );
  }
}
