/** The tokens of a scratchpad: those of the input, one that ends it, and one for each value of each line at each position. */
import { atomKey } from "../../language/atom/compare.js";
import { atomText } from "../../language/atom/text.js";
import type { Atom, Elementwise } from "../../language/graph/node.js";
import type { Line } from "./lines.js";

/** A token, and what it stands for. */
export type StreamToken =
  | { readonly kind: "input"; readonly atom: Atom }
  | { readonly kind: "go"; readonly atom: string }
  | {
      readonly kind: "value";
      readonly atom: string;
      readonly line: Line;
      readonly index: number;
      readonly value: Atom;
    };

/** A token that stands for a value of a line. */
export type ValueToken = Extract<StreamToken, { kind: "value" }>;

/** The tokens in the order of the vocabulary, and the text behind the last one, which is no token. */
export interface StreamTokens {
  readonly all: readonly StreamToken[];
  readonly inputs: readonly Atom[];
  readonly values: readonly ValueToken[];
  readonly go: string;
  readonly end: string;
}

/** The values that each line can have at each position. */
interface LineAt {
  readonly line: Line;
  readonly at: readonly (readonly Atom[])[];
}

/** The tokens of a program. What is in the input is never a token of something else. */
export function streamTokens(inputs: readonly Atom[], lines: readonly LineAt[]): StreamTokens {
  const taken = new Set(inputs.map(atomKey));
  const free = (text: string): string => {
    while (taken.has(atomKey(text))) text += "'";
    taken.add(atomKey(text));
    return text;
  };
  const [go, end] = [free("=>"), free("end")];
  const values = lines.flatMap(({ line, at }) =>
    at.flatMap((atoms, index) =>
      atoms.map((value): ValueToken => {
        const atom = free(`${line.name}[${index}]=${atomText(value)}`);
        return { kind: "value", atom, line, index, value };
      }),
    ),
  );
  const all: StreamToken[] = [
    ...inputs.map((atom) => ({ kind: "input", atom }) as const),
    { kind: "go", atom: go },
    ...values,
  ];
  return { all, inputs, values, go, end };
}

/** A function of the token, as graphs carry it. */
export type TokenFunction = (image: (token: StreamToken) => Atom) => Elementwise;

/** Makes functions of the token of a stream; each is another one. */
export function tokenFunctions({ all }: StreamTokens): TokenFunction {
  const byKey = new Map(all.map((token) => [atomKey(token.atom), token]));
  const made = new Map<string, Elementwise>();
  return (image) => {
    const images = new Map([...byKey].map(([key, token]) => [key, image(token)]));
    const key = `token ${[...images.values()].map((atom) => `${typeof atom} ${atomKey(atom)}`).join(",")}`;
    let known = made.get(key);
    if (!known) {
      known = { name: "token", key, apply: ([atom]) => images.get(atomKey(atom!))!, seesNull: true };
      made.set(key, known);
    }
    return known;
  };
}
