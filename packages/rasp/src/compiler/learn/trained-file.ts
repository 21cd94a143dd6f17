/** The file of an encoder that learnt a program: its weights, and what its ids and outputs mean. The decompiler reads it. */
import { checks, encodeSafetensors, withChecksum } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { encodeResult } from "../../language/text/value-json.js";
import { ProgramTask } from "./program-task.js";

/** What a file says beside the model. */
export interface TrainedFileOptions {
  /** The name of the s-op that was learnt. */
  readonly program: string;
  /** The seed of the training. */
  readonly seed: number;
}

const OPTIONS = { program: checks.aText, seed: checks.anInteger(0) };

/**
 * An encoder as the safetensors file that `selectron train FILE --sop NAME` writes, and `decompileEncoder` reads.
 * @throws TypeError, RangeError on arguments of other types
 */
export function trainedFile(model: TransformerEncoder, task: ProgramTask, options: TrainedFileOptions): Uint8Array {
  checks.check("trainedFile: model", model, checks.anInstance(TransformerEncoder));
  checks.check("trainedFile: task", task, checks.anInstance(ProgramTask));
  checks.checkOptions("trainedFile", options, OPTIONS, ["program", "seed"]);
  const { vocabulary, maxLength, bos } = task.options;
  const card = JSON.stringify({
    program: options.program,
    seed: options.seed,
    config: model.config,
    inputs: {
      vocabulary: encodeResult([...vocabulary, ...(bos === undefined ? [] : [bos])]),
      maxLength,
      bos: bos !== undefined,
    },
    outputs: encodeResult(task.classes),
  });
  const tensors = model.parameters();
  return encodeSafetensors(tensors, withChecksum(tensors, { "selectron.encoder": card }));
}
