/**
 * Random programs with a loop as source text: one to three states of every type, a condition that comes to hold at different steps at
 * different positions or at all of them together, heads in the body and sums over what they select, locals and loops inside. They shrink to
 * smaller programs. Many have a limit that is not enough, or a step that changes a type, which must then be errors everywhere.
 */
import fc from "fast-check";
import { expressionsOver, type Alphabet } from "./program.js";

type Type = "int" | "bool" | "text";

interface State {
  readonly name: string;
  readonly type: Type;
}

const TYPES = { int: ["x", "y"], bool: ["b"], text: ["t"] } as const;
const STATES: readonly State[] = (["int", "bool", "text"] as const).flatMap((type) =>
  TYPES[type].map((name) => ({ name, type })),
);

/** How a program may be. */
export interface LoopShape {
  /** The most steps of a loop. */
  readonly limit: number;
  /** Whether a loop may be inside the loop. */
  readonly nested: boolean;
}

const small = (text: string): string => `(${text}) % 4`;

/** The last line sets `result`. */
export const loopProgramOver = (alphabet: Alphabet, { limit, nested }: LoopShape): fc.Arbitrary<string> =>
  fc.subarray([...STATES], { minLength: 1, maxLength: 3 }).chain((states) => {
    const outer = expressionsOver(alphabet);
    const names = { int: ["n"] as string[], bool: [] as string[], text: [] as string[] };
    for (const { name, type } of states) names[type].push(name);
    const inside = expressionsOver({ ...alphabet, names: { ...names, int: [...names.int, "local"] } });
    const asked = expressionsOver({ ...alphabet, names });
    const initOf = ({ name, type }: State): fc.Arbitrary<string> =>
      outer[type].map((text) => `${name} = ${type === "int" ? small(text) : text}`);
    const valueOf = (type: Type): fc.Arbitrary<string> =>
      type === "int"
        ? fc.oneof({ weight: 4, arbitrary: inside.int }, { weight: 1, arbitrary: sumOf(inside) }).map(small)
        : inside[type];
    const stepOf = ({ name, type }: State): fc.Arbitrary<string> => valueOf(type).map((text) => `${name} = ${text};`);
    const condition = fc.oneof(
      asked.int.map((text) => `n >= ${small(text)}`),
      fc.tuple(asked.int, asked.bool).map(([text, bool]) => `n >= ${small(text)} and (${bool}) or n == ${limit}`),
      asked.bool.map((bool) => `(${bool}) or n == ${limit}`),
      asked.bool,
    );
    const [first] = states;
    const innerLoop = valueOf(first!.type).map(
      (text) =>
        `repeat (m = 0, ${first!.name} = ${first!.name}) until (m >= n) at most 2 { m = m + 1; ${first!.name} = ${text}; }`,
    );
    const line = nested ? fc.oneof({ weight: 3, arbitrary: fc.constant("") }, innerLoop) : fc.constant("");
    return fc
      .record({
        inits: fc.tuple(...states.map(initOf)),
        condition,
        all: fc.boolean(),
        local: asked.int,
        line,
        steps: fc.tuple(...states.map(stepOf)),
        most: fc.oneof({ weight: 4, arbitrary: fc.constant(limit) }, fc.integer({ min: 0, max: limit })),
        result: fc.oneof(
          ...states.map(({ name }) => fc.constant(name)),
          ...(["int", "bool", "text"] as const).map((type) => asked[type]),
        ),
      })
      .map(({ inits, condition, all, local, line, steps, most, result }) =>
        [
          `repeat (n = 0, ${inits.join(", ")}) until ${all ? "all " : ""}(${condition}) at most ${most} {`,
          `  local = ${small(local)};`,
          ...(line === "" ? [] : [`  ${line}`]),
          ...steps.map((step) => `  ${step}`),
          "  n = n + 1;",
          "}",
          `result = ${result};`,
        ].join("\n"),
      );
  });

/** Means times widths over one selection: sums of what it selects, and of the default where that is nothing. */
const sumOf = ({ int, selector }: ReturnType<typeof expressionsOver>): fc.Arbitrary<string> =>
  fc
    .record({ over: selector, of: int, none: fc.constantFrom("0", "1") })
    .map(({ over, of, none }) => `round(aggregate(${over}, ${of}, ${none}) * selector_width(${over}))`);
