/** Lesson 20 against SCAN's grammar in a few lines (Lake and Baroni 2018). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate, load } from "../../src/index.js";
import { breadth } from "../../../../test/long.js";

const text = readFileSync(new URL("../../../../examples/20-scan.rasp", import.meta.url), "utf8");
const scan = load(text, { file: "20-scan.rasp" }).sop("scan");

const times = (actions: readonly string[], n: number): string[] => Array.from({ length: n }, () => actions).flat();

/** What each clause that there is says. */
const CLAUSES: ReadonlyMap<string, readonly string[]> = (() => {
  const once = new Map<string, string[]>();
  for (const verb of ["walk", "look", "run", "jump"]) once.set(verb, [verb.toUpperCase()]);
  for (const verb of ["walk", "look", "run", "jump", "turn"]) {
    for (const side of ["left", "right"]) {
      const turn = `${side[0]!.toUpperCase()}TURN`;
      const act = verb === "turn" ? [] : [verb.toUpperCase()];
      once.set(`${verb} ${side}`, [turn, ...act]);
      once.set(`${verb} opposite ${side}`, [turn, turn, ...act]);
      once.set(`${verb} around ${side}`, times([turn, ...act], 4));
    }
  }
  return new Map(
    [...once].flatMap(([words, actions]) => [
      [words, actions],
      [`${words} twice`, times(actions, 2)],
      [`${words} thrice`, times(actions, 3)],
    ]),
  );
})();

/** What the lesson says of a command. */
function actionsOf(command: string, most: number): unknown[] {
  const words = command.split(" ");
  while (words.length < most) words.push(".");
  return evaluate(scan, words).filter((action) => action !== "");
}

describe("SCAN", () => {
  it("has the clauses and the commands that are published", () => {
    const count = CLAUSES.size;
    expect([count, count + 2 * count ** 2]).toEqual([102, 20_910]);
    expect(actionsOf("jump around left twice and walk", 17)).toEqual([...times(["LTURN", "JUMP"], 8), "WALK"]);
    expect(actionsOf("jump opposite right after turn left thrice", 7)).toEqual([
      ...times(["LTURN"], 3),
      ...["RTURN", "RTURN", "JUMP"],
    ]);
  });

  it("is what the grammar says, of one clause and of two", () => {
    const clauses = [...CLAUSES];
    for (const [words, actions] of clauses) expect(actionsOf(words, actions.length), words).toEqual(actions);
    // Every so many of the 20,808 commands of two clauses.
    const step = breadth({ short: 307, long: 23 });
    for (let i = 0; i < 2 * clauses.length ** 2; i += step) {
      const [first, second] = [clauses[i % 102]!, clauses[Math.floor(i / 102) % 102]!];
      const join = i < clauses.length ** 2 ? "and" : "after";
      const said = join === "and" ? [first, second] : [second, first];
      const expected = said.flatMap(([, actions]) => actions);
      expect(actionsOf(`${first[0]} ${join} ${second[0]}`, expected.length), `${first[0]} ${join}`).toEqual(expected);
    }
  });
});
