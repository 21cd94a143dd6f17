/** Makes a failing input smaller: fewer edits, then less text, as long as the same goes wrong. */
import { judge, mutated, sortOf, type Mutation, type Outcome, type Prepared } from "./judge.js";

/** How many smaller inputs are tried. */
const MOST_TRIES = 300;

export interface Shrunk {
  readonly bytes: Uint8Array;
  readonly edits: number;
}

export async function shrink(prepared: Prepared, mutation: Mutation, outcome: Outcome): Promise<Shrunk> {
  const wanted = outcome.kind === "fault" ? sortOf(outcome.what) : "";
  let tries = 0;
  const fails = async (bytes: Uint8Array): Promise<boolean> => {
    if (++tries > MOST_TRIES) return false;
    const found = await judge(prepared, bytes, mutation.sample);
    return found.kind === "fault" && sortOf(found.what) === wanted;
  };

  let { edits } = mutation;
  for (let at = edits.length - 1; at >= 0 && edits.length > 1; at--) {
    const fewer = edits.filter((_, i) => i !== at);
    if (await fails(mutated(prepared, { ...mutation, edits: fewer }))) edits = fewer;
  }
  let bytes = mutated(prepared, { ...mutation, edits });
  // What has checksums and lengths is not itself when a part is missing.
  if (prepared.kind.changed) return { bytes, edits: edits.length };
  for (
    let part = Math.ceil(bytes.length / 2);
    part >= 1 && tries < MOST_TRIES;
    part = part > 1 ? Math.ceil(part / 2) : 0
  ) {
    for (let from = 0; from < bytes.length && tries < MOST_TRIES;) {
      const less = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + part)]);
      if (await fails(Uint8Array.from(less))) bytes = Uint8Array.from(less);
      else from += part;
    }
  }
  return { bytes, edits: edits.length };
}
