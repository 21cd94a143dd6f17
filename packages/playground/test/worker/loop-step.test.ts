import { displayElement, Evaluation, load, loopSteps } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "../../src/app/examples.js";
import { tokensOf } from "../../src/worker/input.js";
import { canChooseStep, nodesInStep, stepShown } from "../../src/worker/loop-step.js";
import { answerRun, answerWhy } from "../../src/worker/program.js";

const programOf = (name: string) => EXAMPLES.find(({ key }) => key === `example.${name}`)!.program;

describe("the nodes of a loop in a step", () => {
  it.each([
    ["parity", "parity", "10110"],
    ["parity", "parity_fast", "1011011"],
    ["addition", "sum", "958+67"],
    ["cancelling", "is_balanced", "([]){"],
  ])("of %s, %s on %s give the states after it", (example, name, text) => {
    const input = tokensOf(text);
    const sop = load(programOf(example), { example: input }).sop(name);
    const evaluation = new Evaluation(input);
    const [{ loop, steps, moments }] = loopSteps(sop, evaluation) as [ReturnType<typeof loopSteps>[number]];
    expect(steps).toBeGreaterThan(1);
    for (let step = 0; step < steps; step++) {
      const nodes = nodesInStep(sop, evaluation, step);
      const { halted } = moments[step]!;
      for (const [i, after] of loop.steps.entries()) {
        const values = evaluation.sop(nodes.sop(after));
        const [before, then] = [moments[step]!.states[i]!, moments[step + 1]!.states[i]!];
        expect(values.map((value, p) => (halted[p] ? before[p] : value))).toEqual(then);
      }
    }
  });

  it("are those of the first step where a loop is in another one", () => {
    const program = `repeat (a = 0) until (a == 2) at most 9 {
      repeat (b = a) until (b == a + 3) at most 9 { b = b + 1; }
      a = a + indicator(b > 2);
    }
    n = a;`;
    const value = load(program, { example: "ab" }).sop("n");
    expect(canChooseStep(value)).toBe(false);
    const { picture } = answerRun({ kind: "run", program, input: "ab", cursor: program.length, step: 1 });
    expect(picture!.loops[0]).not.toHaveProperty("shown");
  });

  it.each([
    [0, 3, 0],
    [2, 3, 2],
    [7, 3, 2],
    [0, 0, 0],
  ])("%i of %i steps is %i", (step, steps, shown) => expect(stepShown(step, steps)).toBe(shown));
});

describe("a picture", () => {
  it("has the values of the step that is asked for, which say why", () => {
    const program = programOf("parity");
    const run = (step: number) =>
      answerRun({ kind: "run", program, input: "10110", cursor: 0, target: "parity", step }).picture!;
    const rows = (step: number) => run(step).layers.flatMap(({ steps }) => steps);
    const known = [0, 1, 2, 9].map((step) =>
      rows(step)
        .find(({ name }) => name === "left_odd")
        ?.values.join(""),
    );
    const moments = run(0).loops[0]!.moments;
    expect(run(9).loops[0]).toMatchObject({ steps: 4, shown: 3 });
    expect(moments[0]!.values.map(displayElement)).toHaveLength(5);
    const head = run(2).layers.flatMap(({ heads }) => heads)[0]!;
    const use = head.uses.find(({ result }) => result.name === "left_odd")!;
    // After two steps: what the left neighbour held then.
    expect(use.value.values).toEqual(moments[2 * 2]!.values);
    expect(use.result.values).toEqual(["F", ...moments[2 * 2]!.values.slice(0, 4)]);
    expect(known).toEqual([undefined, undefined, undefined, undefined]);
    expect(answerWhy({ kind: "why", of: "value", node: use.result.id, position: 3 })).toMatchObject({
      at: { name: "left_odd", value: use.result.values[3] },
      reason: { kind: "aggregate", selected: [2] },
    });
    expect(answerWhy({ kind: "why", of: "value", node: use.value.id, position: 2 })).toMatchObject({
      reason: { kind: "state" },
    });
  });
});
