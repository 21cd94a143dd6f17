/** What is wrong with a loop on every input: a condition that is no bool or that no step changes, a step that changes a type. */
import { errors } from "../diagnostic.js";
import { changingStates, type Loop } from "../graph/loop.js";
import { operands, type GraphNode } from "../graph/node.js";
import { textOf, type Span } from "../source.js";
import { areApart, mayBeBool, plural, typesOf } from "./value-types.js";

/** Where the parts of a loop are, if it is text. */
export interface LoopPlaces {
  readonly condition: Span;
  /** Of each state its first value, and what sets it last. */
  readonly states: readonly { readonly init: Span; readonly set: Span }[];
}

/** @throws RaspError, with a place where there is text */
export function checkLoop(loop: Loop, places?: LoopPlaces): void {
  checkVectors(loop);
  checkCondition(loop, places?.condition);
  checkTypes(loop, places?.states);
}

function checkVectors({ asking, body }: Loop): void {
  const vector = [...asking, ...body].find(({ kind }) => kind === "read");
  if (!vector) return;
  throw errors.wrongKind("a loop cannot read a vector that depends on its states", {
    ...(vector.span ? { span: vector.span } : {}),
    suggestion: "vectors and scores are what trained models compute; a loop's body is made of selectors and s-ops",
  });
}

/** A condition is a bool that the steps can change. */
function checkCondition(loop: Loop, span: Span | undefined): void {
  const place = span ? { span } : {};
  const types = typesOf(loop.condition);
  if (!mayBeBool(types)) {
    throw errors.loopCondition(`the condition of a loop is a bool, but this gives ${plural(types)}`, {
      ...place,
      suggestion: `compare it: ${comparison(span ? textOf(span) : "x", types)}`,
    });
  }
  const read = new Set<GraphNode>([loop.condition, ...loop.asking.flatMap(operands)]);
  if (changingStates(loop).some((state) => read.has(state))) return;
  const unchanged = loop.states.filter((state) => read.has(state)).map(({ name }) => name!);
  const [one] = unchanged;
  throw errors.endlessLoop(
    one === undefined
      ? "this loop cannot end: its condition reads none of its states, so no step changes it"
      : `this loop cannot end: of its states the condition reads only ${unchanged.join(", ")}, which no step sets`,
    {
      ...place,
      suggestion:
        one === undefined ? `ask for a state, such as "${loop.states[0]!.name!}"` : `set it in the body: ${one} = …;`,
    },
  );
}

/** A comparison that makes a bool of a text of these types. */
const comparison = (text: string, types: number): string =>
  `${/^[\w()]+$/.test(text) ? text : `(${text})`} == ${plural(types) === "strings" ? '"x"' : "1"}`;

/** A step keeps the type of a state. */
function checkTypes({ states, steps }: Loop, places: LoopPlaces["states"] | undefined): void {
  for (const [i, step] of steps.entries()) {
    const [before, after] = [typesOf(states[i]!), typesOf(step)];
    if (!areApart(before, after)) continue;
    const place = places?.[i];
    const { name } = states[i]!;
    throw errors.stateType(`the state "${name}" holds ${plural(before)}, but a step makes it ${plural(after)}`, {
      ...(place ? { span: place.set } : {}),
      ...(place ? { notes: [{ message: `it begins with ${plural(before)}`, span: place.init }] } : {}),
      suggestion: typeRemedy(plural(before), plural(after)),
    });
  }
}

/** What keeps the type of a state. */
function typeRemedy(before: string, after: string): string {
  if (before === "numbers" && after === "bools") return "indicator(…) makes numbers of bools";
  if (before === "bools" && after === "numbers") return "compare it: … == 1; or begin with a number";
  return `let it begin with ${after}, or set another state`;
}
