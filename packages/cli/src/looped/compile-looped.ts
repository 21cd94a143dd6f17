/** `selectron compile --looped`: a program with a loop becomes the weights of a Transformer with a loop. */
import type { CompileSelection } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { checkPlace, writeOut } from "../files/files.js";
import { formatOf } from "../files/model-file.js";
import { loopCertificateJson, loopCertificateText, loopStatsJson, loopStatsText } from "./describe-looped.js";
import { compileLoopedSelection } from "./select.js";

export interface CompileLoopedOptions extends CompileSelection {
  readonly output: string;
  readonly circuit?: string;
}

/** @throws RaspError with the place in the program, UsageError */
export function compileLoopedFile(context: Context, file: string, options: CompileLoopedOptions): void {
  const { output, circuit, sop, maxLength, causal = false, json } = options;
  if (circuit !== undefined) {
    throw new UsageError("looped models have no circuit yet", "leave --circuit or --looped out");
  }
  const encode = formatOf(output);
  checkPlace(context, output);
  const { model } = compileLoopedSelection(context, file, options);
  writeOut(context, output, encode(model));
  if (json) {
    const certificate = loopCertificateJson(model);
    context.printJson({ output, sop, maxLength, causal, looped: true, stats: loopStatsJson(model), certificate });
    return;
  }
  context.print(
    [
      `wrote ${output}: ${sop}, up to ${maxLength} tokens${causal ? ", causal" : ""}`,
      loopStatsText(model),
      loopCertificateText(model),
      `compare every step with the program: selectron verify --looped ${output} ${file} --runs 1000`,
    ].join("\n"),
  );
}
