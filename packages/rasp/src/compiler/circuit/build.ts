/** The circuit of a compiled model: the components that write or read anything, and their subspaces in the program's terms. */
import { PrintError, printRasp } from "../../language/text/print.js";
import { position, type Source } from "../../language/source.js";
import { atomToJson, certificateToJson } from "../model/card-json.js";
import type { CompiledModel } from "../model/compiled-model.js";
import { programMap, type NamedSOp } from "../model/program-map.js";
import type { ModelFile } from "../model/model-file.js";
import { isOfLibrary } from "../../language/stdlib/rasplib.js";
import type { Circuit, CircuitEdge, CircuitNode, CircuitSOp, ProgramText } from "./circuit.js";
import { componentsOf, innerEdges, nameOf, readerHook, writerHook, type Reader, type Writer } from "./components.js";
import type { SeenEdge } from "./edges.js";
import { stackOf } from "./stack.js";
import { Subspaces } from "./subspaces.js";

/**
 * @param made - the model whose circuit it is: the compiled one, or one with equal layers made of it
 * @param stack - one whose first coordinates are that model's, if it was made further
 * @throws RangeError for a model that was read from a file, which has no layout
 */
export function buildCircuit(
  compiled: CompiledModel,
  made: ModelFile,
  edges: readonly SeenEdge[],
  stack = stackOf(made.model),
): Circuit {
  const { card } = made;
  const { layout, sops } = programMap(compiled);
  const { writers, readers } = componentsOf(stack);
  const subspaces = new Subspaces(made, layout, stack, (normal) =>
    sops.filter((sop) => sop.normal === normal).map(sopOf),
  );
  const used = new Set(edges.map(({ writer }) => writer));
  const nodes = writers.flatMap((writer, w) => (used.has(w) ? [nodeOf(writer, card.heads, subspaces)] : []));
  const listed = edges.map((edge) => edgeOf(edge, writers, readers, subspaces));
  return {
    format: "selectron-circuit",
    version: 1,
    name: card.name,
    program: programOf(compiled, sops),
    vocabulary: card.vocabulary.map(atomToJson),
    maxLength: card.maxLength,
    causal: stack.causal,
    sizes: {
      dModel: card.config.dModel,
      layers: card.config.blocks.map(({ heads, dHead, dFf }) => ({ heads, dHead, dMlp: dFf })),
    },
    subspaces: subspaces.list,
    nodes,
    edges: listed,
    hooks: hooksOf(edges, listed, readers),
    certificate: certificateToJson(card.certificate),
  };
}

function nodeOf(writer: Writer, heads: readonly (readonly string[])[], subspaces: Subspaces): CircuitNode {
  const { kind, layer, head } = writer;
  const { writes, units, clears } = subspaces.writtenBy(writer);
  const label = kind === "head" ? heads[layer]![head]! : writes.map((s) => subspaces.list[s]!.label).join(", ");
  return {
    id: nameOf(writer),
    kind,
    layer,
    head,
    hook: writerHook(writer),
    label,
    writes,
    ...(units.length > 0 ? { units } : {}),
    ...(clears.length > 0 ? { clears } : {}),
  };
}

function edgeOf(
  { writer, reader, constant }: SeenEdge,
  writers: readonly Writer[],
  readers: readonly Reader[],
  subspaces: Subspaces,
): CircuitEdge {
  const [from, to] = [writers[writer]!, readers[reader]!];
  return {
    from: nameOf(from),
    to: nameOf(to),
    input: to.kind,
    subspaces: subspaces.carried(from, to),
    constant,
    hooks: [writerHook(from), readerHook(to)],
  };
}

/** Each edge that is not constant, then the edges inside the nodes that such edges lead to. */
function hooksOf(
  edges: readonly SeenEdge[],
  listed: readonly CircuitEdge[],
  readers: readonly Reader[],
): (readonly [string, string])[] {
  const varying = edges.flatMap(({ constant }, e) => (constant ? [] : [e]));
  const read = [...new Set(varying.map((e) => edges[e]!.reader))].sort((a, b) => a - b);
  const inner = read.flatMap((reader) => innerEdges(readers[reader]!));
  return [...varying.map((e) => listed[e]!.hooks), ...inner];
}

function sopOf({ name, node }: NamedSOp): CircuitSOp {
  if (!node.span) return { name };
  const { source, start } = node.span;
  const { line } = position(source, start);
  return { name, file: source.file, line, text: source.text.split("\n")[line - 1]!.trim() };
}

/** The sources of the named s-ops; the program as text where TypeScript made it. */
function programOf({ program }: CompiledModel, sops: readonly NamedSOp[]): ProgramText[] {
  const sources = new Set<Source>();
  for (const { node } of sops) if (node.span && !isOfLibrary(node)) sources.add(node.span.source);
  if (sources.size > 0) return [...sources].map(({ file, text }) => ({ file, text }));
  return program!.outputs.map(({ name, sop }) => {
    const known = /^[A-Za-z_]\w*$/.test(name) ? name : "answer";
    return { file: `${known}.rasp`, text: printed(sop, known) };
  });
}

function printed(sop: Parameters<typeof printRasp>[0], name: string): string {
  try {
    return printRasp(sop, name);
  } catch (error) {
    // A function of TypeScript has no text.
    if (error instanceof PrintError) return `# ${error.message}\n`;
    throw error;
  }
}
