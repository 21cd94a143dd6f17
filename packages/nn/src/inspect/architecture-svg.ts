/**
 * The architecture of a model as an SVG: its sublayers from the bottom up on the residual stream, each with its sizes, the shape of what
 * passes on the arrows; an encoder–decoder as two columns, joined by cross-attention. Equal blocks in a row are drawn once, with their number.
 */
import { checks } from "@selectron/core";
import type { BlockConfig } from "../block.js";
import { checkEncoderConfig, type EncoderConfig } from "../encoder-config.js";
import { stackOf, transformerConfig, type TransformerConfig } from "../transformer-config.js";
import { checkPositionConfig } from "../positions/index.js";
import type { StackConfig } from "../stack.js";
import { escapeXml } from "./xml.js";

const [BOX, HEIGHT, GAP, FONT, MARGIN, COLUMN] = [250, 42, 30, 13, 20, 360];
const STYLE =
  `svg{--page:#fff;--ink:#1a1d21;--line:#6b7280;--a:#dbeafe;--f:#dcfce7;--n:#fef9c3;--e:#f3e8ff;background:var(--page);` +
  `font:${FONT}px system-ui,sans-serif}@media (prefers-color-scheme:dark){svg{--page:#14171a;--ink:#e8eaed;--line:#9aa4b2;` +
  `--a:#1e3a5f;--f:#1d4429;--n:#4a4215;--e:#3b2a55}}text{fill:var(--ink)}rect,path{stroke:var(--line)}path{fill:none}` +
  `.a{fill:var(--a)}.f{fill:var(--f)}.n{fill:var(--n)}.e{fill:var(--e)}.page,.group{stroke:none;fill:var(--page)}` +
  `.group{fill:none;stroke:var(--line);stroke-dasharray:4 4}`;

type Kind = "attention" | "feedForward" | "norm" | "end";
const CLASSES: Readonly<Record<Kind, string>> = { attention: "a", feedForward: "f", norm: "n", end: "e" };

/** A box with up to two lines, and the shape that leaves it. */
interface Part {
  readonly kind: Kind;
  readonly title: string;
  readonly sizes: string;
  readonly shape: string;
  /** Whether its input is added to its result. */
  readonly isResidual?: boolean;
  /** Whether the memory of an encoder enters it. */
  readonly isCross?: boolean;
}

/** Parts in a row that are repeated. */
interface Group {
  readonly times: number;
  readonly parts: readonly Part[];
}

const sameBlock = (a: BlockConfig, b: BlockConfig): boolean =>
  a.heads === b.heads && a.dHead === b.dHead && a.dFf === b.dFf;

/** Runs of equal blocks. */
function runsOf(blocks: readonly BlockConfig[]): { readonly block: BlockConfig; readonly times: number }[] {
  const runs: { block: BlockConfig; times: number }[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (last && sameBlock(last.block, block)) last.times++;
    else runs.push({ block, times: 1 });
  }
  return runs;
}

/** The sublayers of a block. */
function partsOf(block: BlockConfig, config: StackConfig, isDecoder: boolean): Part[] {
  const { dModel, causal = false, layerNorm = false, activation = "relu" } = config;
  const { heads, dHead, dFf } = block;
  const shape = `n × ${dModel}`;
  const isPost = layerNorm === "post";
  const norm: Part = { kind: "norm", title: "layer norm", sizes: `width ${dModel}`, shape };
  const wrapped = (part: Part): Part[] => {
    if (layerNorm === false) return [part];
    return isPost ? [part, norm] : [norm, part];
  };
  const attention = (title: string, isCross: boolean): Part => ({
    kind: "attention",
    title,
    sizes: `${heads} ${heads === 1 ? "head" : "heads"} of ${dHead}, patterns n × ${isCross ? "m" : "n"}`,
    shape,
    isResidual: true,
    isCross,
  });
  const hidden: Part = {
    kind: "feedForward",
    title: "feed-forward",
    sizes: `${dModel} → ${dFf} → ${dModel}, ${activation}`,
    shape,
    isResidual: true,
  };
  return [
    ...(heads > 0 ? wrapped(attention(causal ? "masked self-attention" : "self-attention", false)) : []),
    ...(heads > 0 && isDecoder ? wrapped(attention("cross-attention", true)) : []),
    ...(dFf > 0 ? wrapped(hidden) : []),
  ];
}

/** A stack from its tokens to its last norm. */
function groupsOf(config: StackConfig, isDecoder: boolean, end: Part | undefined): Group[] {
  const { dModel, vocabularySize, blocks, positions = { kind: "learned" }, layerNorm = false } = config;
  const shape = `n × ${dModel}`;
  const first: Part = {
    kind: "end",
    title: "embeddings",
    sizes: `${vocabularySize} tokens, ${positions.kind === "none" ? "no" : positions.kind} positions`,
    shape,
  };
  const last: Part = { kind: "norm", title: "layer norm", sizes: `width ${dModel}`, shape };
  const isPre = layerNorm === true || layerNorm === "pre";
  return [
    { times: 1, parts: [first] },
    ...runsOf(blocks).map(({ block, times }) => ({ times, parts: partsOf(block, config, isDecoder) })),
    ...(isPre ? [{ times: 1, parts: [last] }] : []),
    ...(end ? [{ times: 1, parts: [end] }] : []),
  ].filter(({ parts }) => parts.length > 0);
}

const arrow = (x: number, from: number, to: number): string =>
  `<path d="M${x} ${from}V${to + 5}" marker-end="url(#arrow)"/>`;

/** A column of groups from the bottom up. `y` is the lowest line. */
function column(
  groups: readonly Group[],
  x: number,
  bottom: number,
): { readonly svg: string[]; readonly crossings: number[]; readonly top: number } {
  const middle = x + BOX / 2;
  const svg: string[] = [];
  const crossings: number[] = [];
  let y = bottom;
  const shapeAt = (shape: string): void =>
    void svg.push(`<text x="${middle + 8}" y="${y - GAP / 2 + 5}">${escapeXml(shape)}</text>`);
  svg.push(`<text x="${middle}" y="${y + FONT + 4}" text-anchor="middle">tokens, n</text>`);
  for (const { times, parts } of groups) {
    const start = y - GAP / 2;
    for (const { kind, title, sizes, shape, isResidual, isCross } of parts) {
      svg.push(arrow(middle, y, y - GAP));
      const enters = y - GAP / 2;
      const top = y - GAP - HEIGHT;
      svg.push(
        `<rect class="${CLASSES[kind]}" x="${x}" y="${top}" width="${BOX}" height="${HEIGHT}" rx="5"/>`,
        `<text x="${middle}" y="${top + 17}" text-anchor="middle" font-weight="bold">${escapeXml(title)}</text>`,
        `<text x="${middle}" y="${top + 34}" text-anchor="middle">${escapeXml(sizes)}</text>`,
      );
      if (isResidual) {
        const side = x - 14;
        svg.push(
          `<path d="M${middle} ${enters}H${side}V${top - 8}H${middle}"/>`,
          `<text x="${middle - 22}" y="${top - 12}">+</text>`,
        );
      }
      if (isCross) crossings.push(top + HEIGHT / 2);
      y = top;
      shapeAt(shape);
    }
    if (times > 1) {
      svg.push(
        `<rect class="group" x="${x - 22}" y="${y - 12}" width="${BOX + 72}" height="${start - y + 12}" rx="8"/>`,
        `<text x="${x + BOX + 14}" y="${y + 6}" font-weight="bold">× ${times}</text>`,
      );
    }
  }
  svg.push(arrow(middle, y, y - GAP));
  return { svg, crossings, top: y - GAP };
}

const heightOf = (groups: readonly Group[]): number =>
  groups.reduce((sum, { parts }) => sum + parts.length * (HEIGHT + GAP), 0) + GAP;

function page(title: string, columns: readonly { readonly name: string; readonly groups: readonly Group[] }[]): string {
  const height = Math.max(...columns.map(({ groups }) => heightOf(groups))) + 2 * MARGIN + 3 * FONT + 20;
  const width = 2 * MARGIN + COLUMN * (columns.length - 1) + BOX + 90;
  const bottom = height - MARGIN - 2 * FONT;
  const drawn = columns.map(({ groups }, c) => column(groups, MARGIN + 24 + c * COLUMN, bottom));
  const names = columns.map(
    ({ name }, c) =>
      `<text x="${MARGIN + 24 + c * COLUMN}" y="${height - 8}" font-weight="bold">${escapeXml(name)}</text>`,
  );
  const memory =
    drawn.length < 2
      ? []
      : drawn[1]!.crossings.map((y) => {
          const [from, to] = [MARGIN + 24 + BOX / 2, MARGIN + 24 + COLUMN];
          const between = to - 40;
          return `<path d="M${from} ${drawn[0]!.top}H${between}V${y}H${to - 5}" marker-end="url(#arrow)"/><text x="${between - 44}" y="${drawn[0]!.top - 6}">memory, m</text>`;
        });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" style="width:100%;max-width:${width}px;height:auto" role="img">`,
    `<title>${escapeXml(title)}</title><style>${STYLE}</style>`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:var(--line)"/></marker></defs>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text x="${MARGIN}" y="${MARGIN + FONT - 4}" font-weight="bold">${escapeXml(title)}</text>`,
    ...drawn.flatMap(({ svg }) => svg),
    ...memory,
    ...names,
    "</svg>\n",
  ].join("\n");
}

const isWhole = (config: EncoderConfig | Partial<TransformerConfig>): config is Partial<TransformerConfig> =>
  !("blocks" in config);

/**
 * Draws the architecture that a configuration describes, as a self-contained SVG document.
 *
 * @param config - of a `Transformer`, or of a `TransformerEncoder` or `TransformerDecoder`
 * @throws RangeError on a bad size
 */
export function architectureSvg(
  config: EncoderConfig | Partial<TransformerConfig>,
  options: { readonly title?: string } = {},
): string {
  checks.check("architectureSvg: configuration", config, checks.anObject("a configuration of a model"));
  checks.checkOptions("architectureSvg", options, { title: checks.aText });
  const { title = "Architecture" } = options;
  if (isWhole(config)) {
    const whole = transformerConfig(config);
    const end: Part = {
      kind: "end",
      title: "generator",
      sizes: `${whole.hiddenSize} → ${whole.vocabSize}, log-softmax`,
      shape: `n × ${whole.vocabSize}`,
    };
    return page(title, [
      { name: "encoder", groups: groupsOf(stackOf(whole, false), false, undefined) },
      { name: "decoder", groups: groupsOf(stackOf(whole, true), true, end) },
    ]);
  }
  checkEncoderConfig(config);
  if (config.positions) checkPositionConfig(config.positions);
  const end: Part = {
    kind: "end",
    title: "unembedding",
    sizes: `${config.dModel} → ${config.outputs}`,
    shape: `n × ${config.outputs}`,
  };
  return page(title, [{ name: config.causal ? "decoder" : "encoder", groups: groupsOf(config, false, end) }]);
}
