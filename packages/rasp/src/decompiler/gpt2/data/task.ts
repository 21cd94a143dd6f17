/** What a trained model reads and predicts: its vocabulary, its special tokens, and the meaning of its logits. */
import { DecompileError } from "../../common/decompile-error.js";
import { writable, type Renamed } from "../../common/writable.js";

/** The vocabulary of a model and the meaning of its predictions. */
export interface Task {
  /** In order of the ids, as programs name them. */
  readonly vocabulary: readonly string[];
  /** Ids of <bos>, <sep> and other tokens that are no symbols of the language itself. */
  readonly special: ReadonlySet<number>;
  /** Whether a prediction is the set of symbols with positive logits (one sigmoid each); otherwise it is the one with the largest. */
  readonly sigmoid: boolean;
  /** Each token's number if the symbols are many and all of them are whole numbers. */
  readonly numbers: readonly (number | undefined)[] | undefined;
  /** The tokens that no literal can have, as the vocabulary names them. */
  readonly renamed?: readonly Renamed[];
}

/** The symbols of a larger vocabulary have no free tables of their own: all of them are treated alike. */
export const FEW_SYMBOLS = 12;

/** Whether an id is that of a symbol of the language itself. */
export const isOrdinary = ({ vocabulary, special }: Task, id: number): boolean =>
  id < vocabulary.length && !special.has(id);

/**
 * Reads `vocab`, `special_tokens` and `head_type` of a configuration. Without a vocabulary each token is named after its id; without a
 * list of special tokens those in angle brackets are special.
 *
 * @throws DecompileError if the vocabulary is no list of different strings, one for each id
 */
export function readTask(config: unknown, vocabularySize: number): Task {
  const fields = config as Readonly<Record<string, unknown>>;
  const listed = fields["vocab"];
  const vocabulary = listed === undefined ? Array.from({ length: vocabularySize }, (_, id) => String(id)) : listed;
  if (!Array.isArray(vocabulary) || vocabulary.some((token) => typeof token !== "string")) {
    throw new DecompileError('the configuration\'s "vocab" must be a list of strings in order of the ids');
  }
  if (vocabulary.length !== vocabularySize || new Set(vocabulary).size !== vocabularySize) {
    throw new DecompileError(
      `the configuration's "vocab" must have ${vocabularySize} different tokens, as the embedding has rows`,
    );
  }
  const { names, renamed } = writable(vocabulary as string[]);
  const given = fields["special_tokens"];
  const special = new Set(
    typeof given === "object" && given !== null
      ? (Object.values(given) as number[])
      : names.flatMap((name, id) => (/^<.*>$/.test(name) ? [id] : [])),
  );
  const numbers = names.map((name, id) => (!special.has(id) && /^\d+$/.test(name) ? Number(name) : undefined));
  const symbols = numbers.filter((_, id) => !special.has(id));
  const counted = symbols.length > FEW_SYMBOLS && symbols.every((number) => number !== undefined);
  return {
    vocabulary: names,
    special,
    sigmoid: fields["head_type"] === "multi_label_sigmoid",
    numbers: counted ? numbers : undefined,
    renamed,
  };
}
