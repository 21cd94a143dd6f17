/** `selectron describe`: the layers of a model, with their parameters and, with `--flops`, their multiply-adds for a row. */
import { layerWork, type EncoderConfig, type TransformerConfig } from "@selectron/nn";
import type { Command } from "commander";
import { wholeNumber } from "../compile-options.js";
import type { Context } from "../context.js";
import { anyModel } from "../files/any-model.js";

interface DescribeOptions {
  readonly flops?: boolean;
  readonly length?: number;
  readonly json?: boolean;
}

/** Tokens of a row, of a model whose file tells no length. */
const LENGTH = 20;

/** Adds the command. */
export function registerDescribe(program: Command, context: Context): void {
  program
    .command("describe")
    .description("the layers of a model: parameters and bytes, and with --flops multiply-adds")
    .argument("<model>", "a file that `selectron compile` or `selectron train` wrote")
    .option("--flops", "also multiply-adds and bytes of activations for one row")
    .option("--length <n>", "the tokens of that row; the model's maximum length if absent", wholeNumber(1, 2 ** 15))
    .option("--json", "one JSON object on standard output")
    .action((file: string, options: DescribeOptions) => describe(context, file, options));
}

const lengthOf = (config: EncoderConfig | TransformerConfig): number =>
  "blocks" in config ? config.maxLength : Math.min(LENGTH, config.maxPositionEmbeddings);

function describe(context: Context, file: string, { flops = false, length: given, json }: DescribeOptions): void {
  const { config, parameters } = anyModel(context, file);
  const length = given ?? lengthOf(config);
  const layers = layerWork(config, length);
  if (json) {
    const rows = layers.map(({ layer, parameterBytes, multiplyAdds, activationBytes }) => ({
      ...{ layer, parameterBytes },
      ...(flops ? { multiplyAdds, activationBytes } : {}),
    }));
    context.printJson({ model: file, parameters, ...(flops ? { length } : {}), layers: rows });
    return;
  }
  const sum = (of: (row: (typeof layers)[number]) => number): number =>
    layers.reduce((total, row) => total + of(row), 0);
  const rows = [
    ...layers,
    {
      layer: "sum",
      parameterBytes: sum((row) => row.parameterBytes),
      multiplyAdds: sum((row) => row.multiplyAdds),
      activationBytes: sum((row) => row.activationBytes),
    },
  ];
  const head = ["layer", "parameter bytes", ...(flops ? ["multiply-adds", "activation bytes"] : [])];
  const cells = rows.map(({ layer, parameterBytes, multiplyAdds, activationBytes }) => [
    ...[layer, String(parameterBytes)],
    ...(flops ? [String(multiplyAdds), String(activationBytes)] : []),
  ]);
  const widths = head.map((name, c) => Math.max(name.length, ...cells.map((row) => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[c]!))).join("  ");
  const row = flops ? `, a row of ${length} tokens; a multiply-add is two operations` : "";
  context.print([`${parameters} parameters in float32${row}`, line(head), ...cells.map(line)].join("\n"));
}
