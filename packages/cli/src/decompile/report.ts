/** What a decompilation came to, as text, as JSON, and as the file with the program. */
import type { Json } from "@selectron/rasp";
import type { Decompiled, Effect, Interventions, Share } from "@selectron/rasp/decompile";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const shareText = ({ share, of, low, high }: Share): string =>
  `${percent(share)} of ${of} sequences (95 % interval ${percent(low)} to ${percent(high)})`;
const orUnknown = (share: number | undefined): string => (share === undefined ? "not known" : percent(share));

const count = ({ operations }: Decompiled, kind: string): number =>
  operations.filter((operation) => operation.kind === kind).length;

/** The report for people. */
export function decompiledText(result: Decompiled): string {
  const { refusal, best, match, taskAccuracy, tokenTableMatch, byLength, operations } = result;
  return [
    refusal === undefined ? best : `no program: ${refusal}\nthe best one found:\n${best}`,
    `match: ${shareText(match)}, run by the interpreter`,
    ...byLength
      .filter((part) => part.match.of > 1)
      .map(
        (part) =>
          `  up to ${Number.isFinite(part.upTo) ? `${part.upTo} tokens` : "the longest"}: ${percent(part.match.share)} of ${part.match.of}`,
      ),
    `task accuracy: model ${orUnknown(taskAccuracy.model)}, program ${orUnknown(taskAccuracy.program)}`,
    `a table of tokens alone would match ${percent(tokenTableMatch)}`,
    `size: ${result.lines} lines, ${result.parameters} numbers; ${count(result, "named")} named and ${count(result, "tabular")} fitted selectors, 0 opaque operations`,
    ...operations.map(
      ({ key, nearest }) =>
        `  ${key}${nearest ? `: nearest is head ${nearest.head} of layer ${nearest.layer}, ${nearest.distance.toFixed(2)} away` : ""}`,
    ),
    ...(result.interventions ? interventionsText(result.interventions) : []),
  ].join("\n");
}

function interventionsText({ norms, allLinear, components, pruned, sequences }: Interventions): string[] {
  const effects = (parts: readonly Effect[]): string =>
    parts.map(({ part, match }) => `${part} ${percent(match)}`).join(", ");
  const { of, complete } = pruned;
  return [
    `what is left of the decisions, on ${sequences} sequences of the selection set:`,
    `  one layer norm linear: ${effects(norms)}; all of them: ${percent(allLinear)}`,
    `  one component replaced by its mean: ${effects(components)}`,
    `  cut down to ${pruned.components.length} of ${of.components} components and ${pruned.paths.length} of ${of.paths} paths: ${percent(pruned.match)}${complete ? "" : " (time was up before all were tried)"}`,
    ...(pruned.paths.length <= 40
      ? [`  paths left: ${pruned.paths.map(({ from, to }) => `${from} > ${to}`).join(", ")}`]
      : []),
  ];
}

/** The report for programs. */
export function decompiledJson(result: Decompiled): Readonly<Record<string, Json>> {
  const share = ({ share: value, of, low, high }: Share): Json => ({ share: value, of, low, high });
  const { source, refusal, best, lines, parameters, operations, match, tokenTableMatch, taskAccuracy, byLength } =
    result;
  return {
    ok: source !== undefined,
    source: source ?? null,
    refusal: refusal ?? null,
    best,
    lines,
    parameters,
    named: count(result, "named"),
    tabular: count(result, "tabular"),
    opaque: 0,
    matchAccuracy: share(match),
    tokenTableMatch,
    taskAccuracy: { model: taskAccuracy.model ?? null, program: taskAccuracy.program ?? null },
    byLength: byLength.map((part) => ({
      upTo: Number.isFinite(part.upTo) ? part.upTo : null,
      match: share(part.match),
    })),
    operations: operations.map(({ key, kind, nearest }) => ({ key, kind, nearest: nearest ? { ...nearest } : null })),
    heads: result.heads.map((head) => ({ ...head })),
    front: result.front.map((point) => ({ ...point })),
    ...(result.interventions ? { interventions: interventionsJson(result.interventions) } : {}),
  };
}

const interventionsJson = ({ norms, components, pruned, ...rest }: Interventions): Json => ({
  ...rest,
  norms: norms.map((effect) => ({ ...effect })),
  components: components.map((effect) => ({ ...effect })),
  pruned: { ...pruned, of: { ...pruned.of }, paths: pruned.paths.map((path) => ({ ...path })) },
});

/** The program with what is known of it. */
export const programFile = (model: string, { best, match }: Decompiled): string =>
  `# Decompiled from ${model.split("/").at(-1)!}: decides as the model does on ${percent(match.share)} of ${match.of} fresh sequences.\n${best}`;
