/** `selectron decompile` on a model that `selectron compile` wrote. Only its weights and vocabulary are used. */
import type { CompiledModel } from "@selectron/rasp";
import {
  decompileProgram,
  isConfirmed,
  NotHardError,
  type DecompileProgramOptions,
  type DecompiledProgram,
} from "@selectron/rasp/decompile";
import { interchangeJson, interchangeText, originText } from "../decompile/report.js";
import { ExitCode, type Context } from "../context.js";
import { writeOut } from "../files/files.js";
import { withProgress } from "../text/progress.js";
import { counted, percent } from "../text/words.js";

interface Options {
  readonly output?: string;
  readonly seed: number;
  readonly json?: boolean;
  /** What only trained models need. */
  readonly config?: string;
  readonly data?: string;
  readonly fresh?: string;
  readonly checkpoint?: string;
  readonly interventions?: boolean;
}

/** Exit code `Yes` if a program agrees with the model on all inputs, `No` if none does. */
export function decompileCompiled(context: Context, file: string, model: CompiledModel, options: Options): void {
  const { output, seed, json } = options;
  const unused = (["config", "data", "fresh", "checkpoint", "interventions"] as const).filter((name) => options[name]);
  if (unused.length > 0) {
    context.note(file, [
      `it is a compiled model, for which ${unused.map((name) => `--${name}`).join(", ")} ${unused.length === 1 ? "does" : "do"} nothing`,
    ]);
  }
  const result = withProgress(context, options, (progress) => programOf(model, { seed, progress }));
  const ok = typeof result !== "string" && result.agreed === result.inputs;
  if (!ok) context.exitCode = ExitCode.No;
  if (typeof result === "string") {
    if (json) context.printJson({ model: file, ok, source: null, refusal: result });
    else context.print(`no program: ${result}`);
    return;
  }
  const { source, lines, inputs, agreed, soft, interchange } = result;
  if (output !== undefined && ok) writeOut(context, output, new TextEncoder().encode(source));
  const tabular = lines.filter((line) => line.tabular).length;
  const counts = { lines: lines.length, named: lines.length - tabular, tabular, opaque: 0 };
  if (json) {
    const swaps = {
      origin: result.origin,
      confirmed: isConfirmed(interchange),
      interchange: interchangeJson(interchange),
    };
    const heads = soft.map((head) => ({ ...head }));
    context.printJson({ model: file, ok, source, ...counts, inputs, agreed, soft: heads, ...swaps });
  } else {
    context.print(
      [
        ...(ok ? [] : ["no program agrees with the model on all inputs; the nearest one:"]),
        source,
        `agrees with the model on ${agreed} of ${inputs} fresh inputs of up to ${model.card.maxLength} tokens`,
        `${counted(lines.length, "line")}: ${counts.named} named, ${tabular} tabular, 0 opaque`,
        ...soft.map(softText),
        originText(result),
        ...(isConfirmed(interchange) ? [] : interchangeText(interchange)),
      ].join("\n"),
    );
  }
}

/** The program; where there is none, the reason. */
function programOf(model: CompiledModel, options: DecompileProgramOptions): DecompiledProgram | string {
  try {
    return decompileProgram(model, options);
  } catch (error) {
    if (error instanceof NotHardError) return error.message;
    throw error;
  }
}

const softText = ({ layer, head, elsewhere }: DecompiledProgram["soft"][number]): string =>
  `head ${head} of layer ${layer} is not sharp: up to ${percent(elsewhere)} of its attention is on positions that it does not select`;
