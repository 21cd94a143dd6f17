/** `selectron merge`: joins the reports of all shards of a `verify` into the report of the whole run. Exit code `No` if a model is wrong. */
import { mergeReports, parseReport, ReportError, type Json, type ReportJson } from "@selectron/rasp";
import type { Command } from "commander";
import { ExitCode, UsageError, type Context } from "../context.js";
import { readTextOrStdin } from "../files/files.js";
import { reportText } from "../text/report-text.js";

/** Adds the command. */
export function registerMerge(program: Command, context: Context): void {
  program
    .command("merge")
    .description("join the reports of `selectron verify --shard i/n --json`")
    .argument("<reports...>", "files with one report or more, each on a line; - reads standard input")
    .option("--json", "one JSON object on standard output")
    .action((files: readonly string[], { json }: { readonly json?: boolean }) => {
      const merged = asUsage(() => mergeReports(files.flatMap((file) => readReports(context, file))));
      if (!merged.ok) context.exitCode = ExitCode.No;
      if (json) context.printJson(merged);
      else context.print(reportText(String(merged["sop"]), merged));
    });
}

const SUGGESTION = "write reports with `selectron verify … --shard 1/4 --json`, and merge them as they are";

type SavedReport = ReportJson & Readonly<Record<string, Json>>;

function readReports(context: Context, file: string): SavedReport[] {
  const lines = readTextOrStdin(context, file).split("\n");
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      const report = parseReport(JSON.parse(line)) as SavedReport;
      if (typeof report["sop"] === "string") return [report];
      throw new ReportError("this is no report of a verification: sop is no text", SUGGESTION);
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof ReportError)) throw error;
      const problem =
        error instanceof ReportError
          ? error.message.replace(/^this is/, "is")
          : "is no report of a verification: it is no JSON";
      throw new UsageError(`line ${i + 1} of "${file}" ${problem}`, SUGGESTION);
    }
  });
}

function asUsage<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ReportError) throw new UsageError(error.message, error.suggestion);
    throw error;
  }
}
