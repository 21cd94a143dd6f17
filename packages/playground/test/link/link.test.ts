import { Rng } from "@selectron/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { damagedBytes, damagedText } from "../../../../test/mutations.js";
import { fromFragment, LinkError, MOST, toFragment, type Shared } from "../../src/link/link.js";

const shared: Shared = { program: 'a = "ñ😀";\n', input: "hello" };

/** A fragment whose JSON is this text. */
async function fragmentOf(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return `#p=${Buffer.from(await new Response(stream).arrayBuffer()).toString("base64url")}`;
}
const keyOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "opened",
    (error: unknown) => (error instanceof LinkError ? error.key : String(error)),
  );

describe("links", () => {
  it("bring back what they carry", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 200 });
    const any = fc.record(
      {
        program: text,
        input: text,
        panel: fc.constantFrom("picture" as const, "weights" as const, "train" as const),
        target: fc.string({ maxLength: 20 }),
        vocabulary: fc.string({ maxLength: 20 }),
        maxLength: fc.integer({ min: 1, max: MOST.length }),
        puzzle: fc.string({ maxLength: 40 }),
        puzzles: fc.string({ maxLength: MOST.text }),
      },
      { requiredKeys: ["program", "input"] },
    );
    await fc.assert(
      fc.asyncProperty(any, async (given) => {
        const fragment = await toFragment(given);
        expect(fragment).toMatch(/^p=[\w-]+$/);
        expect(await fromFragment(`#${fragment}`)).toEqual(given);
      }),
    );
  });

  it("of other kinds carry no program", async () => {
    for (const fragment of ["", "#", "#puzzle=shift", "#x"]) expect(await fromFragment(fragment)).toBeUndefined();
  });

  it("leave out fields that nobody knows", async () => {
    const fragment = await fragmentOf('{"v":1,"program":"a","input":"b","evil":"<script>","__proto__":{"x":1}}');
    const opened = await fromFragment(fragment);
    expect(opened).toEqual({ program: "a", input: "b" });
    expect(Object.getPrototypeOf(opened)).toBe(Object.prototype);
  });

  it.each([
    ["no base64", "#p=%%%", "link.damaged"],
    ["nothing", "#p=", "link.damaged"],
    ["no deflated text", "#p=AAAA", "link.damaged"],
    ["more than a fragment may have", `#p=${"A".repeat(MOST.fragment)}`, "link.tooLong"],
  ])("are refused: %s", async (_, fragment, key) => expect(await keyOf(fromFragment(fragment))).toBe(key));

  it.each([
    ["no JSON", "program", "link.damaged"],
    ["a list", "[1]", "link.damaged"],
    ["null", "null", "link.damaged"],
    ["no version", '{"program":"a","input":"b"}', "link.damaged"],
    ["a newer version", '{"v":2,"program":"a","input":"b"}', "link.newer"],
    ["no program", '{"v":1,"input":"b"}', "link.damaged"],
    ["a program that is no text", '{"v":1,"program":1,"input":"b"}', "link.damaged"],
    ["a panel that is none", '{"v":1,"program":"a","input":"b","panel":"__proto__"}', "link.tooLong"],
    ["a length out of range", '{"v":1,"program":"a","input":"b","maxLength":1e9}', "link.damaged"],
    ["a long program", JSON.stringify({ v: 1, program: "a".repeat(MOST.program + 1), input: "" }), "link.tooLong"],
    ["a text that inflates beyond the limit", `{"v":1,"x":"${"a".repeat(10_000_000)}"}`, "link.tooLong"],
  ])("are refused: %s", async (_, text, key) => expect(await keyOf(fromFragment(await fragmentOf(text)))).toBe(key));

  it("that are damaged open as what a link may carry, or are refused", async () => {
    const rng = new Rng(24);
    const text = JSON.stringify({ v: 1, ...shared, panel: "weights", target: "a", vocabulary: "ab", maxLength: 4 });
    const outcomes = new Set<string>();
    for (let run = 0; run < breadth({ short: 300, long: 6_000 }); run++) {
      const sound = await fragmentOf(rng.int(2) === 0 ? damagedText(text, rng) : text);
      const bytes = damagedBytes(Buffer.from(sound.slice(3), "base64url"), rng);
      const fragment = rng.int(2) === 0 ? sound : `#p=${Buffer.from(bytes).toString("base64url")}`;
      const outcome = await keyOf(fromFragment(fragment));
      outcomes.add(outcome);
      expect(outcome).toMatch(/^(opened|link\.(damaged|tooLong|newer))$/);
      // What opens can be shared again, and is the same then.
      if (outcome !== "opened") continue;
      const opened = (await fromFragment(fragment))!;
      expect(await fromFragment(await toFragment(opened))).toEqual(opened);
    }
    expect(outcomes.size).toBeGreaterThan(1);
  });

  it("are not made where they could not be opened", async () => {
    expect(await keyOf(toFragment({ ...shared, program: "a".repeat(MOST.program + 1) }))).toBe("link.tooLong");
    // Random letters hardly deflate.
    let seed = 1;
    const letters = Array.from({ length: MOST.program }, () =>
      String.fromCharCode(33 + ((seed = (seed * 48_271) % 2_147_483_647) % 90)),
    );
    expect(await keyOf(toFragment({ ...shared, program: letters.join("") }))).toBe("link.tooLong");
  });
});
