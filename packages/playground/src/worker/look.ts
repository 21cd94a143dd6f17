/** A run of the model with all that the page shows of it: answers, patterns, the residual stream, and the s-ops in it. */
import {
  computation,
  displayElement,
  Evaluation,
  firstSteps,
  ModelInputError,
  operands,
  RaspError,
  topological,
  type Atom,
  type CompiledModel,
  type Matrix,
  type Patch,
  type Plain,
  type SOp,
} from "@selectron/rasp";
import type { HeadLook, LookReply, Stage, StagePlace, TracedRow, ValuePatch } from "./model-protocol.js";
import { label } from "./places.js";
import { substitute } from "./substitute.js";

/** The activations of the last run, by nn's names: what a number's arithmetic is computed from. */
export interface Looked {
  readonly reply: LookReply;
  readonly activations: ReadonlyMap<string, Float32Array>;
  /** Token ids, BOS first. */
  readonly ids: readonly number[];
  readonly stages: readonly StagePlace[];
}

const NOTHING: Omit<LookReply, "tokens"> = { kind: "look", model: [], heads: [], stages: [], labels: [], rows: [] };

export function lookInto(model: CompiledModel, input: readonly Atom[], asked: readonly ValuePatch[]): Looked {
  const tokens = input.map(displayElement);
  const activations = new Map<string, Float32Array>();
  const none = (message: string): Looked => ({
    reply: { ...NOTHING, tokens, problem: { code: "", severity: "error", message, notes: [] } },
    activations,
    ids: [],
    stages: [],
  });
  if (input.length === 0) return none("model.emptyInput");
  const hasProgram = model.layout !== undefined && model.program !== undefined;
  const patches = hasProgram ? asked.flatMap((patch) => patchOf(model, patch, input.length)) : [];
  try {
    const record = (name: string, { data }: { readonly data: Float32Array }): void =>
      void activations.set(name, data.slice());
    const output = model.run([...input] as Plain[], { patch: patches, record });
    const sop = model.program?.outputs[0]?.sop;
    const places = placesOf(model);
    const reply: LookReply = {
      kind: "look",
      tokens,
      ...(sop ? { program: programValues(sop, input, patches) ?? [] } : {}),
      model: output.map(shown),
      heads: headsOf(model, sop, input, activations),
      stages: places.map((place): Stage => ({ ...place, values: activations.get(nameOf(place))! })),
      labels: model.card.labels,
      rows: hasProgram ? rowsOf(model, [...input] as Plain[], patches) : [],
    };
    return { reply, activations, ids: model.encode(input), stages: places };
  } catch (error) {
    if (error instanceof ModelInputError || error instanceof RangeError || error instanceof RaspError) {
      return none(error.message);
    }
    throw error;
  }
}

/** A plain value as the picture shows it. */
const shown = (value: Plain | undefined): string =>
  value === undefined
    ? "?"
    : displayElement(typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value);

/** The readback whose values a patch chooses from. */
const readbackOf = (model: CompiledModel, sop: string) =>
  model.layout!.readbacks.find(({ subspace }) => subspace.label === sop && subspace.writer !== "embedding");

function patchOf(model: CompiledModel, { sop, position, choice }: ValuePatch, length: number): Patch[] {
  const value = readbackOf(model, sop)?.values[choice];
  if (value === undefined || position >= length) return [];
  return [{ sop, positions: [position], value: (typeof value === "bigint" ? Number(value) : value) as Plain }];
}

/** What the program says where the patched s-ops have the values of the patches; undefined where it has no value. */
function programValues(sop: SOp, input: readonly Atom[], patches: readonly Patch[]): string[] | undefined {
  const values = new Map<string, Map<number, Atom>>();
  for (const patch of patches) {
    if (!("sop" in patch) || !("value" in patch)) continue;
    const value = patch.value as Plain;
    const atom = typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
    values.set(patch.sop, (values.get(patch.sop) ?? new Map<number, Atom>()).set(patch.positions![0]!, atom as Atom));
  }
  const patched = substitute(sop, ({ name }) => (name === undefined ? undefined : values.get(name)));
  try {
    return new Evaluation(input).sop(patched).map(displayElement);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** nn's name of the residual stream at a place. */
export const nameOf = ({ layer, sublayer }: StagePlace): string =>
  layer === 0 ? "embedding" : `blocks.${layer - 1}.${sublayer === "attention" ? "attention" : "feedForward"}.residual`;

/** The embedding and every sublayer, in order; a layer may have no feed-forward sublayer. */
function placesOf({ model, card }: CompiledModel): StagePlace[] {
  return [
    { layer: 0, sublayer: "embedding" },
    ...card.heads.flatMap((_, i): StagePlace[] => [
      { layer: i + 1, sublayer: "attention" },
      ...(model.config.blocks[i]!.dFf > 0 ? [{ layer: i + 1, sublayer: "feed-forward" } as const] : []),
    ]),
  ];
}

function rowsOf(model: CompiledModel, input: readonly Plain[], patches: readonly Patch[]): TracedRow[] {
  const { steps } = model.trace([...input], { patch: patches });
  const isPatchable = patchableNames(model);
  return steps.flatMap(({ layer, sublayer, sops }) =>
    sops
      .filter(({ isNew }) => isNew)
      .map(({ name, decoded, agrees }) => ({
        layer,
        sublayer,
        name,
        decoded: decoded.map(shown),
        agrees,
        choices: isPatchable(name)
          ? (readbackOf(model, name)?.values.slice(0, MOST_CHOICES).map(displayElement) ?? [])
          : [],
      })),
  );
}

/**
 * Whether a patch of a name changes all that reads it, so that the program with the same value is the patched model. The name must stand
 * for one s-op, as a program may set a name again from what it was. And elementwise s-ops of elementwise s-ops are worked out from what
 * those are made of: a patch between them reaches heads only.
 */
function patchableNames(model: CompiledModel): (name: string) => boolean {
  const nodes = topological(...model.program!.outputs.map(({ sop }) => sop));
  const read = new Set(nodes.flatMap((node) => (node.kind === "map" ? operands(node) : [])));
  const counts = new Map<string, number>();
  const between = new Set<string>();
  for (const node of nodes) {
    if (node.name === undefined) continue;
    counts.set(node.name, (counts.get(node.name) ?? 0) + 1);
    if (node.kind === "map" && read.has(node)) between.add(node.name);
  }
  return (name) => (counts.get(name) ?? 0) < 2 && !between.has(name);
}

/** More values than these are not offered. */
const MOST_CHOICES = 64;

/** A key that gets this part of what the most attended one gets is selected. Those that are not get less than a millionth. */
const SELECTED = 0.01;
/** Less than this beside BOS is nothing. */
const LEAST = 1e-12;

function headsOf(
  model: CompiledModel,
  sop: SOp | undefined,
  input: readonly Atom[],
  activations: ReadonlyMap<string, Float32Array>,
): HeadLook[] {
  const size = input.length + 1;
  const selectors = sop ? selectorsOf(sop, input) : [];
  return model.card.heads.flatMap((labels, layer) => {
    const patterns = activations.get(`blocks.${layer}.attention.pattern`)!;
    return labels.map((named, head): HeadLook => {
      const pattern = patterns.slice(head * size * size, (head + 1) * size * size);
      const { selected, counts } = selectedBy(pattern, size);
      const alike = selectors.filter(({ matrix }) =>
        matrix.every((row, q) => row.every((cell, k) => cell === selected[q]![k])),
      );
      const selector =
        alike.find(({ results }) => results.some((each) => named.split(", ").includes(each))) ?? alike[0];
      return {
        layer: layer + 1,
        head: head + 1,
        label: named,
        pattern,
        hasBos: true,
        ...(selector ? { selector: { name: selector.name, matrix: selector.matrix } } : {}),
        counts,
      };
    });
  });
}

/** What the rows of a pattern select, without BOS; and whether they select a little beside a BOS that has nearly everything. */
function selectedBy(
  pattern: Float32Array,
  size: number,
): { readonly selected: Uint8Array[]; readonly counts: boolean } {
  let counts = false;
  const selected = Array.from({ length: size - 1 }, (_, q) => {
    const row = pattern.subarray((q + 1) * size + 1, (q + 2) * size);
    const most = Math.max(...row);
    if (most > LEAST && most < 1e-3) counts = true;
    return Uint8Array.from(row, (share) => Number(most > LEAST && share >= SELECTED * most));
  });
  return { selected, counts };
}

interface Selected {
  readonly name: string;
  readonly matrix: Matrix;
  readonly results: readonly string[];
}

/** The selectors of the program's heads on the input; none where it has no value. */
function selectorsOf(sop: SOp, input: readonly Atom[]): Selected[] {
  const evaluation = new Evaluation(input);
  const first = firstSteps(sop);
  try {
    return computation(sop).flatMap(({ heads }) =>
      heads.map(({ selector, aggregates }) => ({
        name: label(selector),
        matrix: evaluation.selector(first.selector(selector)),
        results: aggregates.map(label),
      })),
    );
  } catch (error) {
    if (error instanceof RaspError) return [];
    throw error;
  }
}
