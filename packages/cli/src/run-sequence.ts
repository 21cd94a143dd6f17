/** `selectron run` on a model that learnt copy, addition or parser: its answer to a source of the task. */
import { answer, attentionMaps, attentionText, trace } from "@selectron/nn";
import { atomText, encodeResult, type Atom } from "@selectron/rasp";
import { printable } from "@selectron/core";
import { UsageError, type Context } from "./context.js";
import { readSequenceModel, type SequenceModel } from "./files/sequence-model.js";

/** @throws ModelFileError for a damaged file, UsageError for an input that is none of the task's */
export function runSequenceModel(
  context: Context,
  file: string,
  bytes: Uint8Array,
  input: readonly Atom[],
  { json = false, attention = false }: { readonly json?: boolean; readonly attention?: boolean },
): void {
  const sequenceModel = readSequenceModel(bytes);
  const { task, model, start, notes } = sequenceModel;
  context.note(file, notes);
  const { source, length } = sourceOf(sequenceModel, input);
  const [target] = answer(model, [source], start, length) as [number[]];
  const values = target.map((id): Atom => {
    const token = task.tokens[id] ?? `<${id}>`;
    return /^\d+$/.test(token) ? BigInt(token) : token;
  });
  if (json) context.printJson({ task: task.name, ...encodeResult(values) });
  else context.print(task.show({ source, target }));
  // With --json standard output holds one object only.
  if (attention) context[json ? "say" : "print"](attentionOf(sequenceModel, source, target));
}

/** What every head looks at in the pass that gives the answer: the decoder has read the start and the answer but its last token. */
function attentionOf({ task, model, start }: SequenceModel, source: number[], target: readonly number[]): string {
  const read = [start, ...target.slice(0, -1)];
  const { activations } = trace((watching) => model.forward([source], [read], watching));
  const words = (ids: readonly number[]): string[] => ids.map((id) => printable(task.tokens[id] ?? `<${id}>`));
  const maps = attentionMaps(activations, {
    queries: (name) => words(name.startsWith("encoder.") ? source : read),
    keys: (name) => words(/^encoder\.|crossAttention/.test(name) ? source : read),
  });
  return maps.map(attentionText).join("\n\n");
}

function sourceOf({ task, model }: SequenceModel, input: readonly Atom[]): { source: number[]; length: number } {
  const source = input.map((token) => task.tokens.indexOf(atomText(token)));
  const length = source.includes(-1) ? undefined : task.answerLength(source);
  if (length !== undefined && source.length <= model.config.maxPositionEmbeddings) return { source, length };
  throw new UsageError(
    `"${printable(input.map(atomText).join(" "))}" is nothing that this model of ${task.name} reads`,
    `it reads ${task.form}`,
  );
}
