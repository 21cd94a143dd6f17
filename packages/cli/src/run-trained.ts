/** `selectron run` on an encoder that `selectron train FILE --sop NAME` wrote: its answer, and the attention of its heads. */
import { attentionMaps, attentionText, trace } from "@selectron/nn";
import { atomText, encodeResult, type Atom } from "@selectron/rasp";
import { decisions, readTrainedEncoder, type TrainedEncoder } from "@selectron/rasp/decompile";
import { printable } from "@selectron/core";
import { shownValues } from "./text/words.js";
import { UsageError, type Context } from "./context.js";

export interface RunTrainedOptions {
  readonly attention?: boolean;
  readonly json?: boolean;
}

/** @throws DecompileError for a damaged file, UsageError for an input unlike those of its training */
export function runTrained(
  context: Context,
  file: string,
  bytes: Uint8Array,
  input: readonly Atom[],
  { attention = false, json = false }: RunTrainedOptions,
): void {
  const trained = readTrainedEncoder(bytes);
  context.note(file, trained.notes);
  const tokens = idsOf(trained, input);
  const { result, activations } = trace((watching) => trained.model.forward([tokens], watching));
  const values = decisions(trained, result);
  if (json) context.printJson({ ...encodeResult(values) });
  else context.print(shownValues(values));
  if (!attention) return;
  const maps = attentionMaps(activations, { queries: input.map((token) => printable(atomText(token), 40)) });
  // With --json standard output holds one object only.
  context[json ? "say" : "print"](maps.map(attentionText).join("\n\n"));
}

function idsOf({ vocabulary, hasBos, maxLength }: TrainedEncoder, input: readonly Atom[]): number[] {
  const known = `it was trained on ${vocabulary.map(atomText).join(" ")}, up to length ${maxLength}`;
  if (input.length > maxLength) throw new UsageError(`the input has ${input.length} tokens`, known);
  const bos = hasBos ? vocabulary.length - 1 : -1;
  return input.map((token, i) => {
    const id = vocabulary.indexOf(token);
    if (id < 0) throw new UsageError(`the model does not know the token ${atomText(token)}`, known);
    if (hasBos && (id === bos) !== (i === 0)) {
      throw new UsageError(
        `${atomText(vocabulary[bos]!)} must be at the beginning of every input and nowhere else`,
        known,
      );
    }
    return id;
  });
}
