/** What a trained model reads and predicts: its vocabulary, its special tokens, and how its logits are understood. */

/** An input that cannot be decompiled from, with the reason and where it stands. */
export class DecompileError extends Error {
  override readonly name = "DecompileError";
}

export interface Task {
  /** In order of the ids. */
  readonly vocabulary: readonly string[];
  /** Ids of <bos>, <sep>, …: tokens that are no symbols of the language itself. */
  readonly special: ReadonlySet<number>;
  /** Whether a prediction is the set of symbols with positive logits (one sigmoid each), or else the one with the largest. */
  readonly sigmoid: boolean;
  /** Each token's number where the symbols are 0, 1, 2, …, else undefined. */
  readonly numbers: readonly (number | undefined)[] | undefined;
}

/** More symbols than these have no free tables of their own: what is said of them is said of all alike. */
export const FEW_SYMBOLS = 12;

/**
 * Reads `vocab`, `special_tokens` and `head_type` of a configuration. Without a vocabulary the ids name themselves; a token in angle
 * brackets is special.
 *
 * @throws DecompileError
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
  const names = vocabulary as string[];
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
  };
}
