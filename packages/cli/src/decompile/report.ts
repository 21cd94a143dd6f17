/** The result of a decompilation as text, as JSON, and as a program file. */
import type { Json } from "@selectron/rasp";
import { percent } from "../text/words.js";
import { isConfirmed } from "@selectron/rasp/decompile";
import type {
  Decompiled,
  Effect,
  Headline,
  Interchange,
  Interventions,
  Pruned,
  Renamed,
  Share,
} from "@selectron/rasp/decompile";

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
    ...(result.method === "pruned model" ? ["found in the pruned model"] : []),
    ...result.renamed.map((one) => `${renamedText(one)}, since no string of RASP has such characters`),
    originText(result),
    `match: ${shareText(match)} of ${result.lengths[0]} to ${result.lengths[1]} tokens, all lengths alike, run by the interpreter`,
    ...byLength
      .filter((part) => part.match.of > 1)
      .map(
        (part) =>
          `  up to ${Number.isFinite(part.upTo) ? `${part.upTo} tokens` : "the longest"}: ${percent(part.match.share)} of ${part.match.of}`,
      ),
    `task accuracy: model ${orUnknown(taskAccuracy.model)}, program ${orUnknown(taskAccuracy.program)}`,
    `a table of tokens alone would match ${percent(tokenTableMatch)}`,
    ...headlineText(result.headline),
    `size: ${result.lines} lines, ${result.parameters} numbers; ${count(result, "named")} named and ${count(result, "tabular")} fitted selectors, 0 opaque operations`,
    ...operations.map(
      ({ key, nearest }) =>
        `  ${key}${nearest ? `: nearest is head ${nearest.head} of layer ${nearest.layer}, ${nearest.distance.toFixed(2)} away` : ""}`,
    ),
    ...(result.randomStrings ? [`random strings: ${shareText(result.randomStrings)}`] : []),
    ...(result.interchange ? interchangeText(result.interchange) : []),
    ...(result.interventions ? interventionsText(result.interventions) : []),
  ].join("\n");
}

const renamedText = ({ token, name }: Renamed): string => `${JSON.stringify(token)} is written "${name}"`;

/** Where a program comes from, and whether swaps confirm it. */
export function originText({ origin, interchange }: Pick<Decompiled, "origin" | "interchange">): string {
  const words = origin === "both" ? "fitted to decisions, with scores read from weights" : origin;
  if (isConfirmed(interchange)) {
    return origin === "both" ? "both fitted and read from weights, causally confirmed" : `${words}, causally confirmed`;
  }
  return `${words}, not confirmed by swaps`;
}

/** Classes in the text; the rarest come last. */
const MOST_CLASSES = 8;

function headlineText({ baselines, classes }: Headline): string[] {
  const shown = classes.slice(0, MOST_CLASSES);
  const rest = classes.length - shown.length;
  return [
    `tables without a mechanism: ${baselines.map(({ name, match }) => `${name} ${percent(match)}`).join(", ")}`,
    ...shown.map(
      ({ name, frequency, match, f1, baseline, isBeaten }) =>
        `  ${name}, ${percent(frequency)} of decisions: ${percent(match)} the same, F1 ${f1.toFixed(3)}; best table ${baseline.name} ${baseline.f1.toFixed(3)}${isBeaten ? "" : ", no worse"}`,
    ),
    ...(rest > 0
      ? [
          `  ${rest} rarer classes, the least of them ${percent(Math.min(...classes.slice(MOST_CLASSES).map(({ match }) => match)))} the same`,
        ]
      : []),
  ];
}

export function interchangeText({ variables, unexplained, pairs }: Interchange): string[] {
  const interval = ({ share, low, high, of }: Share): string =>
    `${percent(share)} (${percent(low)} to ${percent(high)}, ${of} pairs)`;
  return [
    `where a variable is taken from another input and the program then decides otherwise, the model does the same (${pairs} pairs):`,
    ...variables.flatMap(({ variable, sites, dimensions, accuracy, unchanged, isFound, controls }) => {
      const place = `${dimensions === undefined ? "" : `${dimensions} dimensions of `}${sites.join(" + ")}`;
      if (accuracy.of === 0) return `  ${variable}: it changes no decision of the program on its own`;
      const rest = unchanged.of > 0 ? `, and changes nothing else on ${percent(unchanged.share)}` : "";
      const where = isFound ? place : `fitted, not found in the model; best of all is ${place}`;
      return [
        `  ${variable}: ${where}, ${interval(accuracy)}${rest}`,
        ...(controls
          ? [
              `    the same search for random values: ${percent(controls.randomLabels.share)}; in an untrained model: ${percent(controls.untrained.share)}`,
            ]
          : []),
      ];
    }),
    ...unexplained.map(
      ({ site, changed }) =>
        `  unexplained: ${site}, taken from another input, changes ${percent(changed)} of decisions`,
    ),
  ];
}

function interventionsText({ norms, allLinear, components, pruned, tuned, sequences }: Interventions): string[] {
  const effects = (parts: readonly Effect[]): string =>
    parts.map(({ part, match }) => `${part} ${percent(match)}`).join(", ");
  const left = ({ components: parts, paths, of, match, complete }: Pruned): string =>
    `${parts.length} of ${of.components} components and ${paths.length} of ${of.paths} paths: ${percent(match)}${complete ? "" : " (time was up before all were tried)"}`;
  const listed = ({ paths }: Pruned): string[] =>
    paths.length <= 40 ? [`    ${paths.map(({ from, to }) => `${from} > ${to}`).join(", ")}`] : [];
  const norm = { all: "all layer norms linear", none: "layer norms as they are" }[tuned.linear as string];
  return [
    `share of the decisions kept, on ${sequences} sequences of the selection set:`,
    `  one layer norm linear: ${effects(norms)}; all of them: ${percent(allLinear)}`,
    `  one component replaced by its mean: ${effects(components)}`,
    `  with ${norm ?? `layer norms linear, ${tuned.linear}`}, constants tuned: ${percent(tuned.wholeMatch)}`,
    `  cut by gradient down to ${left(tuned)}${tuned.products === undefined ? "" : `, ${tuned.products} products of queries and keys`}`,
    ...listed(tuned),
    `  cut greedily, with means, down to ${left(pruned)}`,
    ...listed(pruned),
  ];
}

/** The report for programs. */
export function decompiledJson(result: Decompiled): Readonly<Record<string, Json>> {
  const share = shareJson;
  const { source, refusal, best, lines, parameters, operations, match, tokenTableMatch, taskAccuracy, byLength } =
    result;
  return {
    ok: source !== undefined,
    source: source ?? null,
    refusal: refusal ?? null,
    method: result.method ?? null,
    origin: result.origin,
    confirmed: isConfirmed(result.interchange),
    best,
    renamed: result.renamed.map((one) => ({ ...one })),
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
    lengths: [...result.lengths],
    baselines: result.headline.baselines.map((one) => ({ ...one })),
    classes: result.headline.classes.map(({ baseline, isBeaten, ...one }) => ({
      ...one,
      baseline: { ...baseline },
      beaten: isBeaten,
    })),
    randomStrings: result.randomStrings ? share(result.randomStrings) : null,
    interchange: result.interchange ? interchangeJson(result.interchange, share) : null,
    ...(result.interventions ? { interventions: interventionsJson(result.interventions) } : {}),
  };
}

/** A share with its interval. */
const shareJson = ({ share: value, of, low, high }: Share): Json => ({ share: value, of, low, high });

/** The report on swaps for programs. */
export const interchangeJson = ({ variables, unexplained, pairs }: Interchange, share = shareJson): Json => ({
  variables: variables.map(({ variable, sites, dimensions, accuracy, unchanged, isFound, controls }) => ({
    variable,
    sites: [...sites],
    dimensions: dimensions ?? null,
    accuracy: accuracy.of === 0 ? null : share(accuracy),
    unchanged: unchanged.of === 0 ? null : share(unchanged),
    found: isFound,
    controls: controls ? { randomLabels: share(controls.randomLabels), untrained: share(controls.untrained) } : null,
  })),
  unexplained: unexplained.map((one) => ({ ...one })),
  pairs,
});

const interventionsJson = ({ norms, components, pruned, tuned, ...rest }: Interventions): Json => {
  const prunedJson = ({ match, components: parts, paths, of, complete }: Pruned) => ({
    match,
    components: parts,
    paths: paths.map((path) => ({ ...path })),
    of: { ...of },
    complete,
  });
  return {
    ...rest,
    norms: norms.map((effect) => ({ ...effect })),
    components: components.map((effect) => ({ ...effect })),
    pruned: prunedJson(pruned),
    tuned: {
      ...prunedJson(tuned),
      linear: tuned.linear,
      wholeMatch: tuned.wholeMatch,
      products: tuned.products ?? null,
    },
  };
};

/** The program, with a comment that says how well it matches the model, and which tokens have other names in it. */
export const programFile = (model: string, { best, match, renamed }: Decompiled): string =>
  [
    `# Decompiled from ${model.split("/").at(-1)!}: decides as the model does on ${percent(match.share)} of ${match.of} fresh sequences.`,
    ...renamed.map((one) => `# ${renamedText(one)}.`),
    best,
  ].join("\n");
