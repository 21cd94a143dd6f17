/** What generation needs of a model: rows of tokens that grow, and scores for the next token. */
import { checks, ShapeError, type Tensor } from "@selectron/core";
import { DecodingCache } from "../cache.js";

/** A model that scores the next token. */
export interface Generative {
  /** Longest sequence, prompt included; unlimited if absent. */
  readonly maxLength?: number | undefined;
  /** Starts a sequence. */
  begin(): Decoding;
}

/** Rows of equal length that are being generated, with the state that the model keeps for them. */
export interface Decoding {
  /** Appends k tokens to each row: [B][k] → logits, or log-probabilities, of the token after them [B, V]. */
  advance(tokens: readonly (readonly number[])[]): Tensor;
  /** Rows that continue these: row r continues row `rows[r]`. This decoding must not be used afterwards. */
  reordered(rows: readonly number[]): Decoding;
}

/** tokens [B][n] → logits of the token after each position [B, n, V], which must not depend on later tokens. */
export type Forward = (tokens: readonly (readonly number[])[]) => Tensor;

/** The scores at the last position: [B, n, V] → [B, V]. */
function last(logits: Tensor): Tensor {
  checks.check("generate: what the forward pass gave", logits, checks.aTensor);
  if (logits.rank !== 3) {
    throw new ShapeError(
      `generate: the forward pass gave [${logits.shape.join(", ")}]; it must be [batch, length, vocabulary].`,
    );
  }
  return logits.slice(-1, undefined, 1).reshape([logits.shape[0]!, logits.shape[2]!]);
}

function checkModel(operation: string, forward: unknown, maxLength: number | undefined): void {
  checks.check(`${operation}: the forward pass`, forward, checks.aFunction("a function of tokens"));
  checks.checkGiven(`${operation}: maxLength`, maxLength, checks.anInteger(1));
}

/** A model that keeps no state: every step computes all positions again. */
export function uncached(forward: Forward, maxLength?: number): Generative {
  checkModel("uncached", forward, maxLength);
  const from = (written: readonly (readonly number[])[] | undefined): Decoding => {
    let rows = written;
    return {
      advance: (tokens) => {
        rows = tokens.map((row, b) => [...(rows?.[b] ?? []), ...row]);
        return last(forward(rows));
      },
      reordered: (order) => from(order.map((b) => rows?.[b] ?? [])),
    };
  };
  return { maxLength, begin: () => from(undefined) };
}

/**
 * A model that computes new positions only. `step` is its forward pass over new tokens [B][k] → [B, k, V] with a cache.
 */
export function cached(
  step: (tokens: readonly (readonly number[])[], cache: DecodingCache) => Tensor,
  maxLength?: number,
): Generative {
  checkModel("cached", step, maxLength);
  const from = (cache: DecodingCache): Decoding => ({
    advance: (tokens) => last(step(tokens, cache)),
    reordered: (rows) => from(cache.reordered(rows)),
  });
  return { maxLength, begin: () => from(new DecodingCache()) };
}
