/** `selectron tour`: everything on one program, from text to verified weights. `npm start` runs it. */
import {
  cost,
  displaySequence,
  encodeReport,
  encodeResult,
  Evaluation,
  position,
  textOf,
  verify,
  type Cost,
} from "@selectron/rasp";
import type { Command } from "commander";
import { attentionText } from "../text/attention-text.js";
import { addCompileOptions, compileSelection, type CompileSelection } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { readTextOrStdin } from "../files/files.js";
import { certificateJson, certificateText, statsJson, statsText, tokensText } from "../text/describe-model.js";
import { parseInput } from "../input.js";
import { useFastKernels } from "../files/model-file.js";
import { reportText } from "../text/report-text.js";
import { howToVerify } from "../how-to-verify.js";

interface TourOptions extends CompileSelection {
  readonly input: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerTour(program: Command, context: Context): void {
  addCompileOptions(program.command("tour").description("everything on one program: values, cost, weights, proof"))
    .requiredOption("--input <literal>", "an input to show")
    .option("--json", "one JSON object on standard output")
    .action(async (file: string, options: TourOptions) => {
      const input = parseInput(options.input);
      await useFastKernels();
      const exhaustive = howToVerify({ ...options, exhaustive: true, seed: 0 });
      const { sops, model } = compileSelection(context, file, options);
      const [sop, ...more] = Object.values(sops);
      if (!sop || more.length > 0) {
        throw new UsageError("a tour shows one s-op", "name one with --sop; `compile` and `verify` take several");
      }
      // Whether the model takes the input, before anything is told of it.
      const attention = attentionText(model, input);
      const values = new Evaluation(input).sop(sop);
      const counted = cost(sop);
      const report = verify(sops, model, exhaustive);
      if (!report.ok) context.exitCode = ExitCode.No;

      if (options.json) {
        const { layers, headsPerLayer } = counted;
        context.printJson({
          sop: options.sop,
          ...encodeResult(values),
          cost: { layers, headsPerLayer: [...headsPerLayer] },
          stats: statsJson(model),
          certificate: certificateJson(model),
          report: encodeReport(report),
        });
        return;
      }
      const show = (title: string, body: string): void => context.print(`${title}\n\n${indent(body)}\n`);
      show(`The program, ${file}:`, readTextOrStdin(context, file).trimEnd());
      show(`Its values on ${displaySequence(input)}:`, `${options.sop} = ${displaySequence(values)}`);
      show(
        `Its cost as a Transformer: ${counted.layers} layers, heads per layer ${counted.headsPerLayer.join(", ")}. A head for each of:`,
        headsText(counted),
      );
      show(
        `Compiled for the tokens ${tokensText(options.vocab)} and inputs of up to ${options.maxLength} of them:`,
        `${statsText(model)}\n${certificateText(model)}`,
      );
      show("What each head attends to, queries at the left and keys on top:", attention);
      show("Does the Transformer compute the program?", reportText(options.sop, encodeReport(report)));
    });
}

const headsText = ({ reasons }: Cost): string =>
  reasons
    .map(({ layer, span }) => {
      if (!span) return `layer ${layer}: a selector`;
      const { line } = position(span.source, span.start);
      return `layer ${layer}: ${textOf(span)}   (${span.source.file}, line ${line})`;
    })
    .join("\n");

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
