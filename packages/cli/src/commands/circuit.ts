/**
 * `selectron circuit`: who reads what of whom in a compiled model, and whether cutting edges does what that says. `selectron circuits`: the same
 * for random programs. Exit code `No` if an edge outside a circuit changes an answer.
 */
import {
  ablateCircuit,
  compile,
  dataset,
  RaspError,
  scoreEdges,
  type AblatedCircuit,
  type CompiledModel,
  type HookEdge,
  type Sample,
} from "@selectron/rasp";
import { Option, type Command } from "commander";
import { addCompileOptions, compileSelection, wholeNumber, type CompileSelection } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { checkPlace, readText, writeOut } from "../files/files.js";
import { circuitText, scoreText, trialText } from "../text/circuit-text.js";
import { withProgress } from "../text/progress.js";
import { percent } from "../text/words.js";

interface CircuitCommandOptions extends CompileSelection {
  readonly output?: string;
  readonly edges?: string;
  readonly seed: number;
}

/** Of models that are compiled to be other ones. */
const format = (): Option =>
  new Option(
    "--format <name>",
    "of the GPT-2 that `compile --causal --format gpt2` writes, cut after its layer norms",
  ).choices(["gpt2"]);

interface CircuitsCommandOptions {
  readonly format?: string;
  readonly count: number;
  readonly seed: number;
  readonly maxLength: number;
  readonly json?: boolean;
}

/** Adds `circuit` and `circuits`. */
export function registerCircuit(program: Command, context: Context): void {
  addCompileOptions(
    program.command("circuit").description("which parts of a compiled model compute what, tried by cutting edges"),
  )
    .addOption(format())
    .option("-o, --output <file>", "where the circuit goes, as JSON; the one of the folder of `compile --format`")
    .option(
      "--edges <file>",
      "edges that a circuit-discovery method found, to be scored: a JSON list of pairs of hooks",
    )
    .option("--seed <n>", "of the longer inputs, and of those that edges are replaced from", wholeNumber(0), 0)
    .option("--json", "one JSON object on standard output")
    .action((file: string, options: CircuitCommandOptions) => {
      const { output, edges, seed, sop, json } = options;
      if (output !== undefined) checkPlace(context, output);
      const found = edges === undefined ? undefined : edgesIn(context, edges);
      const { model } = compileSelection(context, file, options);
      const { circuit, report } = ablateCircuit(model, { seed, equalLayers: true });
      if (output !== undefined) writeOut(context, output, new TextEncoder().encode(`${JSON.stringify(circuit)}\n`));
      if (changes({ circuit, report }) > 0) context.exitCode = ExitCode.No;
      const score = found && scoreEdges(circuit, found);
      if (json) {
        const redundant = report.redundant.map((edge) => circuit.edges[edge]!.hooks);
        context.printJson({
          sop,
          edges: circuit.edges.length,
          ...report,
          redundant,
          ...(score ? { score: { ...score } } : {}),
        });
        return;
      }
      context.print(
        [circuitText(circuit), trialText({ circuit, report }), ...(score ? [scoreText(score)] : [])].join("\n"),
      );
    });

  program
    .command("circuits")
    .description("random programs as `selectron dataset` draws them: are their circuits what cutting edges shows?")
    .requiredOption("--count <n>", "how many programs", wholeNumber(1))
    .requiredOption("--seed <n>", "which programs", wholeNumber(0))
    .option("--max-length <n>", "the longest input, BOS not counted", wholeNumber(1, 1000), 8)
    .addOption(format())
    .option("--json", "one JSON object on standard output")
    .action((options: CircuitsCommandOptions) => tryMany(context, options));
}

const VOCABULARY = ["a", "b", "c", "d"];

function tryMany(context: Context, options: CircuitsCommandOptions): void {
  const { count, seed, maxLength, json } = options;
  const drawn = { count, seed, maxLength, vocabulary: VOCABULARY, lines: 8, examples: 4 };
  const total = { models: 0, outside: 0, inside: 0, changed: 0, redundant: 0 };
  const lines: string[] = [];
  withProgress(context, options, (report) => {
    let drawnSoFar = 0;
    for (const sample of dataset(drawn)) {
      const model = options.format === "gpt2" ? asGpt2(sample) : sample.model;
      report("circuits", ++drawnSoFar, count);
      if (!model) {
        lines.push(`program ${drawnSoFar - 1}: not compiled to a GPT-2`);
        continue;
      }
      const ablated = ablateCircuit(model, { seed, equalLayers: true });
      total.models++;
      total.outside += ablated.report.outside;
      total.inside += ablated.report.inside;
      total.changed += Number(changes(ablated) > 0);
      total.redundant += ablated.report.redundant.length;
      lines.push(`program ${drawnSoFar - 1}: ${trialText(ablated)}`);
    }
  });
  if (total.changed > 0) context.exitCode = ExitCode.No;
  if (json) {
    context.printJson(total);
    return;
  }
  const { models, outside, inside, changed, redundant } = total;
  const share = percent(inside === 0 ? 0 : redundant / inside);
  lines.push(
    `${models} models: cutting the ${outside} edges outside, all of a model together, changed an answer of ${changed} of them; ` +
      `of the ${inside} edges inside ${redundant} are redundant (${share})`,
  );
  context.print(lines.join("\n"));
}

/** The program as a GPT-2; undefined where it is refused. */
function asGpt2({ sop, model }: Sample): CompiledModel | undefined {
  const { vocabulary, maxLength } = model.card;
  try {
    return compile(sop, { vocabulary, maxLength, causal: true, format: "gpt2" });
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const changes = ({ report }: AblatedCircuit): number => report.changed.mean + report.changed.resample;

/** The edges in a file. @throws UsageError */
function edgesIn(context: Context, path: string): HookEdge[] {
  const edges = parsed(readText(context, path));
  const isPair = (edge: unknown): edge is HookEdge =>
    Array.isArray(edge) && edge.length === 2 && edge.every((hook) => typeof hook === "string");
  if (Array.isArray(edges) && edges.every(isPair)) return edges;
  throw new UsageError(
    `"${path}" is no JSON list of edges`,
    'write pairs of hooks: [["hook_embed","blocks.0.hook_q_input[0]"]]; in Python, json.dump([list(e) for e in edges], file)',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
