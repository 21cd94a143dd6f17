/** The inputs on which a model is tried: those that keep its promise. */
import type { Atom } from "../../language/graph/node.js";
import type { Gpt2Program } from "../model/gpt2-program.js";
import type { CompiledModel } from "../model/compiled-model.js";
import { simplify } from "../normalize/simplify.js";
import { Domain } from "../values/domain.js";
import { promisedDomain } from "../values/promise.js";
import { anyOf, countChoices, type Choices } from "./inputs.js";

export interface PromisedInputs {
  /** The tokens that a promised input can have at each position. Not all inputs made of them are promised. */
  readonly choices: Choices;
  readonly isPromised: (input: readonly Atom[]) => boolean;
}

/** @throws ModelFileError where the model's promise is damaged */
export function promisedInputs({ card, promise, causal }: CompiledModel | Gpt2Program): PromisedInputs {
  const { vocabulary, maxLength } = card;
  if (!promise) return { choices: anyOf(vocabulary), isPromised: () => true };
  const unrestricted = new Domain(vocabulary, maxLength, causal);
  const { form, sops } = simplify([promise.sop], unrestricted);
  const domain = promisedDomain(unrestricted, sops.get(promise.sop)!);
  const byLength = Array.from({ length: maxLength }, (_, l) => {
    const sets = Array.from({ length: l + 1 }, (_, i) => domain.valuesAt(form.tokens(), l + 1, i).atoms);
    return sets.some((set) => set.length === 0) ? undefined : sets;
  });
  return { choices: (length) => byLength[length - 1], isPromised: (input) => promise.isKeptBy(input) };
}

/** How many inputs an exhaustive verification goes through: those that the promise does not rule out position by position. */
export const countCandidates = (compiled: CompiledModel | Gpt2Program): number =>
  countChoices(promisedInputs(compiled).choices, compiled.card.maxLength);
