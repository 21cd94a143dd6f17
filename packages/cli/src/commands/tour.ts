/** `selectron tour`: the whole road on one program, from text to verified weights. What `npm start` shows. */
import { cost, displaySequence, encodeReport, Evaluation, textOf, verify, position } from "@selectron/rasp";
import type { Command } from "commander";
import { attentionText } from "../attention-text.js";
import { addCompileOptions, compileSelection, type CompileSelection } from "../compile-options.js";
import type { Context } from "../context.js";
import { certificateText, statsText, tokensText } from "../describe-model.js";
import { parseInput } from "../input.js";
import { useFastKernels } from "../model-file.js";
import { readText } from "../program-file.js";
import { reportText } from "../report-text.js";

interface TourOptions extends CompileSelection {
  readonly input: string;
}

/** Adds the command. */
export function registerTour(program: Command, context: Context): void {
  addCompileOptions(program.command("tour").description("the whole road on one program: values, cost, weights, proof"))
    .requiredOption("--input <literal>", "an input to show")
    .action(async (file: string, options: TourOptions) => {
      const show = (title: string, body: string): void => context.print(`${title}\n\n${indent(body)}\n`);
      const input = parseInput(options.input);
      const { sop, model } = compileSelection(context, file, options);
      const { layers, headsPerLayer, reasons } = cost(sop);

      show(`The program, ${file}:`, readText(context, file).trimEnd());
      show(
        `Its values on ${displaySequence(input)}:`,
        `${options.sop} = ${displaySequence(new Evaluation(input).sop(sop))}`,
      );
      const heads = reasons.map(({ layer, span }) => {
        if (!span) return `layer ${layer}: a selector`;
        const { line } = position(span.source, span.start);
        return `layer ${layer}: ${textOf(span)}   (${span.source.file}, line ${line})`;
      });
      show(
        `Its cost as a Transformer: ${layers} layers, heads per layer ${headsPerLayer.join(", ")}. A head for each of:`,
        heads.join("\n"),
      );
      show(
        `Compiled for the tokens ${tokensText(options.vocab)} and inputs of up to ${options.maxLength} of them:`,
        `${statsText(model)}\n${certificateText(model)}`,
      );
      await useFastKernels();
      show("What each head attends to, queries at the left and keys on top:", attentionText(model, input));
      const report = verify(sop, model, { exhaustive: true });
      show("Does the Transformer compute the program?", reportText(options.sop, encodeReport(report)));
      if (!report.ok) context.exitCode = 1;
    });
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
