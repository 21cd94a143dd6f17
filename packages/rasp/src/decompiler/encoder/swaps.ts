/**
 * Interchange accuracy of a rule's s-ops in a trained encoder. Sites are heads, and the tokens' embeddings as they go past the
 * attention of a layer; positions are the same in both inputs of a pair. Pairs are inputs of one length; all positions are swapped at once.
 */
import { noGrad, scope, type Rng, type Tensor } from "@selectron/core";
import { trace, type TransformerEncoder } from "@selectron/nn";
import { getOrInsert } from "../../language/maps.js";
import type { Followed, Interchange } from "../common/interchange.js";
import { interchange, type Comparison, type Decisions, type Half, type Place } from "../interchange/measure.js";
import { swapPatcher } from "../interchange/patcher.js";
import { Batch, type Answered, type Codes } from "./batch.js";
import type { CandidateSOp } from "./candidate.js";
import { replaced, ruleValues, sopsOf, type Rule } from "./rule.js";
import { decisions, type TrainedEncoder } from "./trained-encoder.js";

/** Pairs that sites are looked for on, and pairs of the report. */
const PAIRS = 100;
/** With more heads in a layer only single ones and all of them together are tried. */
const MOST_HEADS = 4;

/** Where the model is asked: heads by layer, and the inputs past the attention of a layer. */
interface EncoderPlace extends Place {
  readonly heads: readonly { readonly layer: number; readonly head: number }[];
  readonly input?: { readonly part: "token"; readonly layer: number };
}

/** Inputs of one length, and others that values are taken from. */
interface Pairs {
  readonly bases: readonly Answered[];
  readonly sources: readonly Answered[];
}

/** @param search, report - inputs with the model's answers; places are looked for on the first, figures are of the second */
export function encoderInterchange(
  encoder: TrainedEncoder,
  rule: Rule,
  codes: Codes,
  { search, report }: Readonly<Record<Half, readonly Answered[]>>,
  rng: Rng,
): Interchange {
  const pairs = { search: pairsOf(search, rng), report: pairsOf(report, rng) };
  return interchange(new RuleComparison(encoder, rule, codes, pairs));
}

function pairsOf(inputs: readonly Answered[], rng: Rng): Pairs {
  // Short inputs are drawn often.
  const different = [...new Set(inputs)];
  const alike = new Map<number, Answered[]>();
  for (const one of different) getOrInsert(alike, one.ids.length, () => []).push(one);
  const bases = different.filter(({ ids }) => alike.get(ids.length)!.length > 1);
  if (bases.length === 0) return { bases: [], sources: [] };
  const drawn = Array.from({ length: PAIRS }, () => {
    const base = rng.pick(bases);
    return { base, source: rng.pick(alike.get(base.ids.length)!.filter((other) => other !== base)) };
  });
  return { bases: drawn.map(({ base }) => base), sources: drawn.map(({ source }) => source) };
}

class RuleComparison implements Comparison<EncoderPlace> {
  readonly sites: readonly EncoderPlace[];
  readonly #places: readonly EncoderPlace[];
  readonly #encoder: TrainedEncoder;
  readonly #rule: Rule;
  readonly #codes: Codes;
  readonly #pairs: Readonly<Record<Half, Pairs>>;
  readonly #sops: readonly CandidateSOp[];

  constructor(encoder: TrainedEncoder, rule: Rule, codes: Codes, pairs: Readonly<Record<Half, Pairs>>) {
    this.#encoder = encoder;
    this.#rule = rule;
    this.#codes = codes;
    this.#pairs = pairs;
    this.#sops = variablesIn(rule);
    this.#places = placesOf(encoder.model);
    this.sites = this.#places.filter(({ sites }) => sites.length === 1);
  }

  get variables(): string[] {
    return this.#sops.map(({ key }) => key);
  }

  /** Inputs are looked for at the inputs, what attention computes at heads. */
  places(variable: string): EncoderPlace[] {
    const isInput = this.#sops.find(({ key }) => key === variable)!.selectors.length === 0;
    return this.#places.filter((place) => isInput === (place.input !== undefined));
  }

  program(half: Half, variable: string | undefined): Decisions[] {
    const { bases, sources } = this.#pairs[half];
    const batch = new Batch(bases, this.#codes);
    const sop = this.#sops.find(({ key }) => key === variable);
    if (!sop) return rowsOf(ruleValues(this.#rule, batch), batch);
    const taken = sop.values(new Batch(sources, this.#codes));
    // Where selectors read it, it is looked up by its key; where the rule reads it, it is replaced.
    batch.known(sop.key, () => taken);
    return rowsOf(ruleValues(replaced(this.#rule, sop, { ...sop, values: () => taken }), batch), batch);
  }

  unswapped(half: Half): Decisions[] {
    return this.#pairs[half].bases.map(({ classes }) => classes.map(String));
  }

  model(half: Half, places: readonly EncoderPlace[]): Decisions[][] {
    const { bases, sources } = this.#pairs[half];
    const out = places.map(() => new Array<Decisions>(bases.length));
    const lengths = new Map<number, number[]>();
    bases.forEach(({ ids }, p) => getOrInsert(lengths, ids.length, () => []).push(p));
    for (const group of lengths.values()) {
      const [own, other] = [group.map((p) => bases[p]!.ids), group.map((p) => sources[p]!.ids)];
      scope(() =>
        noGrad(() => {
          const { activations } = trace((watching) => this.#encoder.model.forward(other, watching));
          places.forEach((place, k) => {
            const patch = swapPatcher(changesOf(this.#encoder.model, place, own, other), activations);
            const atoms = decisions(this.#encoder, this.#encoder.model.forward(own, { patch }));
            const length = own[0]!.length;
            group.forEach((p, b) => {
              const row = atoms.slice(b * length, (b + 1) * length);
              out[k]![p] = row.map((atom) => String(this.#codes.of(atom)));
            });
          });
        }),
      );
    }
    return out;
  }

  /** Selectors read inputs everywhere; past the last layer only the rule does. */
  explains(site: string, found: readonly Followed[]): boolean {
    const [part, layer] = site.split(" past ");
    if (layer === undefined) return false;
    const isLast = Number(layer) === this.#encoder.model.config.blocks.length - 1;
    return !isLast || found.some(({ sites }) => sites.some((name) => name.startsWith(`${part} past `)));
  }
}

/** What a rule reads, and what selectors read on the way that attention computed. */
function variablesIn(rule: Rule): CandidateSOp[] {
  const all = new Map<string, CandidateSOp>();
  const visit = (sop: CandidateSOp, isRead: boolean): void => {
    for (const { reads } of sop.selectors) reads.forEach((read) => visit(read, false));
    if (isRead || sop.selectors.length > 0) all.set(sop.key, sop);
  };
  sopsOf(rule).forEach((sop) => visit(sop, true));
  return [...all.values()];
}

/** Single sites, sets of heads of a layer, and all heads. */
function placesOf({ config: { blocks, layerNorm } }: TransformerEncoder): EncoderPlace[] {
  const layers = blocks.map(({ heads }, layer) => Array.from({ length: heads }, (_, head) => ({ layer, head })));
  const sets = layers.flatMap((heads) => [
    ...heads.map((head) => [head]),
    ...(heads.length > MOST_HEADS ? [heads] : subsets(heads)),
  ]);
  const all = layers.filter(({ length }) => length > 0).length > 1 ? [layers.flat()] : [];
  const ofHeads = [...sets, ...all].map((heads) => ({
    sites: heads.map(({ layer, head }) => `${layer}.${head}`),
    heads,
    cost: heads.length,
  }));
  // With norms after sublayers the stream past attention is no sum.
  if (layerNorm === "post") return ofHeads;
  const inputs = layers.flatMap((heads, layer) =>
    heads.length === 0
      ? []
      : (["token"] as const).map((part) => ({
          sites: [`${part}s past ${layer}`],
          heads: [],
          input: { part, layer },
          cost: 1,
        })),
  );
  return [...ofHeads, ...inputs].sort((a, b) => a.cost - b.cost);
}

/** Sets of two or more. */
function subsets<T>(all: readonly T[]): T[][] {
  const sets = Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_, k) => (bits >> k) & 1));
  return sets.filter(({ length }) => length > 1);
}

function changesOf(
  model: TransformerEncoder,
  { heads, input }: EncoderPlace,
  own: readonly (readonly number[])[],
  other: readonly (readonly number[])[],
): Parameters<typeof swapPatcher>[0] {
  const masks = new Map<string, Float32Array>();
  for (const { layer, head } of heads) {
    const count = model.config.blocks[layer]!.heads;
    getOrInsert(masks, `blocks.${layer}.attention.heads`, () => new Float32Array(count))[head] = 1;
  }
  const added = new Map<string, Tensor[]>();
  // All rows of a batch are of one length and begin at position 0, so that only tokens differ.
  if (input?.part === "token") {
    const table = model.parameters().get("embedding.token.weight")!;
    const shape = [own.length, own[0]!.length, model.config.dModel];
    const difference = table.gather(other.flat()).sub(table.gather(own.flat())).reshape(shape);
    added.set(`blocks.${input.layer}.attention.residual`, [difference]);
  }
  return { heads: masks, added };
}

/** The values of a batch, as texts, input by input. */
const rowsOf = (values: Float64Array, { inputs, starts }: Batch): Decisions[] =>
  inputs.map((_, s) => [...values.slice(starts[s], starts[s + 1])].map(String));
