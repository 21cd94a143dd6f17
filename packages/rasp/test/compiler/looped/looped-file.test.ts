/** Looped models as files: the same model comes back, and files that are foreign or contradict themselves are refused. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import {
  compile,
  CompiledModel,
  compileLooped,
  isLoopedModel,
  load,
  LoopedModel,
  ModelFileError,
} from "../../../src/index.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { flipped, withMetadata, withMutatedCard } from "../../../../../test/model-mutations.js";
import { damagedBytes } from "../../../../../test/mutations.js";
import { breadth } from "../../../../../test/long.js";
import { lessonSOp } from "../lessons.js";

const sop = load(
  "repeat (x = 0, left = True) until (not left) at most 9 { x = x + 1; left = x < indices; } y = x / 2;",
).sop("y");
const model = compileLooped(sop, { vocabulary: "ab", maxLength: 4 });
const bytes = model.toSafetensors();

describe("a looped model", () => {
  it.each([
    ["15-cancelling", "unmatched", "()", false],
    ["16-neighbours", "sorted", "abc", true],
  ] as const)("comes back from its file: %s, %s", (file, name, vocabulary, causal) => {
    const made = compileLooped(lessonSOp({ file, name }), { vocabulary, maxLength: 2, causal });
    const again = LoopedModel.fromSafetensors(made.toSafetensors());
    expect(again.card).toEqual(made.card);
    expect(again.notes).toEqual([]);
    expect(again.toSafetensors()).toEqual(made.toSafetensors());
    for (const input of everyInput(made.vocabulary, 2)) {
      const [own, read] = [made, again].map((one) => {
        try {
          return one.steps(input);
        } catch (error) {
          return String(error);
        }
      });
      expect(read).toEqual(own);
    }
    const ids = [made.encode(made.vocabulary.slice(0, 2))];
    expect(again.model.forward(ids).logits.data).toEqual(made.model.forward(ids).logits.data);
  });

  it("says its name, its sizes, where its loop is, and what its coordinates hold", () => {
    const { card, stats, causal, vocabulary, maxLength } = LoopedModel.fromSafetensors(bytes);
    expect([card.name, causal, vocabulary, maxLength]).toEqual(["y", false, ["a", "b"], 4]);
    expect(compileLooped(sop, { vocabulary: "ab", maxLength: 4, name: "half" }).card.name).toBe("half");
    expect(stats.loop).toEqual({
      before: card.config.loop.first,
      loop: stats.layers - card.config.loop.first,
      after: 0,
    });
    expect(card.config.loop.most).toBe(10);
    expect(card.states.map(({ name }) => name)).toEqual(["x", "left"]);
    const [x, left] = card.states as [LoopedModel["card"]["states"][0], LoopedModel["card"]["states"][0]];
    expect(card.labels.slice(x.first, x.first + 2)).toEqual(["x: 0", "x: 1"]);
    expect(card.labels.slice(left.first, left.first + 2).sort()).toEqual(["left: False", "left: True"]);
    expect(card.labels[0]).toBe("BOS");
    expect(card.labels).toHaveLength(stats.dModel);
    expect(card.heads.map((heads) => heads.length)).toEqual(stats.headsPerLayer);
  });

  it("is told apart from others", () => {
    const plain = compile(load("x = indices + 1;").sop("x"), { vocabulary: "ab", maxLength: 4 });
    expect([bytes, plain.toSafetensors(), plain.toOnnx(), new Uint8Array(9)].map(isLoopedModel)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(() => CompiledModel.fromSafetensors(bytes)).toThrow("the model in this file has a loop");
    expect(() => LoopedModel.fromSafetensors(plain.toSafetensors())).toThrow("the model in this file has no loop");
    expect(() => LoopedModel.fromSafetensors(plain.toOnnx())).toThrow(ModelFileError);
  });
});

/** Reads a file and uses all of it. @returns the error, of the documented kind */
function outcome(file: Uint8Array): Error | undefined {
  try {
    const again = LoopedModel.fromSafetensors(file);
    const longest = Array.from({ length: again.maxLength }, (_, i) => again.vocabulary[i % again.vocabulary.length]!);
    const { values, states } = again.steps(longest);
    expect([...values, ...states.flat(2)]).not.toContain(undefined);
    again.toSafetensors();
    return undefined;
  } catch (error) {
    // A damaged file without a checksum may have a loop that does not end.
    if (!String(error).includes("this loop has not ended")) expect(error).toBeInstanceOf(ModelFileError);
    expect((error as Error).message.length).toBeLessThan(2500);
    return error as Error;
  }
}

describe("a damaged file", () => {
  it("with any bytes changed gives the documented error, or works", () => {
    const rng = new Rng(1);
    let refused = 0;
    for (let i = breadth({ short: 80, long: 600 }); i > 0; i--) refused += outcome(damagedBytes(bytes, rng)) ? 1 : 0;
    expect(refused).toBeGreaterThan(50);
  });

  it("with any part of its description changed gives the documented error, or works", () => {
    const rng = new Rng(2);
    let refused = 0;
    for (let i = breadth({ short: 80, long: 600 }); i > 0; i--) {
      refused += outcome(withMutatedCard(bytes, "card", rng)) ? 1 : 0;
    }
    expect(refused).toBeGreaterThan(50);
  });

  it("with a flipped bit of a weight is never accepted", () => {
    const rng = new Rng(3);
    const start = bytes.length - 4 * model.stats.parameters;
    for (let i = breadth({ short: 80, long: 600 }); i > 0; i--) {
      const damaged = flipped(bytes, 8 * (start + rng.int(bytes.length - start)) + rng.int(8));
      expect(() => LoopedModel.fromSafetensors(damaged)).toThrow(ModelFileError);
    }
  });

  type Change = (json: any) => void; // eslint-disable-line @typescript-eslint/no-explicit-any
  const edited = (change: Change): Uint8Array =>
    withMetadata(bytes, (metadata) => {
      const card = JSON.parse(metadata["card"]!) as unknown;
      change(card);
      return { ...metadata, card: JSON.stringify(card) };
    });

  it.each<[string, Change, string]>([
    ["layers that do not add up", (card) => card.layers.before++, "layers: they are"],
    ["a loop of no layers", (card) => (card.layers.loop = 0), "layers.loop is 0, and not a whole number from 1"],
    ["a halted coordinate outside", (card) => (card.loop.halted = 999), "loop.halted: the stream has"],
    ["no limit", (card) => delete card.loop.limit, "loop.limit is missing, and not a whole number from 0"],
    ["a limit beyond all", (card) => (card.loop.limit = 2 ** 53 - 1), "loop.limit: it is too large"],
    ["no states", (card) => (card.states = []), "states: there are none"],
    ["a state outside", (card) => (card.states[0].first = 999), "states[0]: it has"],
    ["a state on another", (card) => (card.states[1].first = card.states[0].first), "is that of another state"],
    ["a value twice", (card) => card.states[0].classes.fill(["int", "0"]), "states[0].classes: a value occurs twice"],
    ["a column too many", (card) => card.config.outputs++, "columns of the logits, and config.outputs is"],
    ["a part without proof", (card) => (card.certificate.parts[1].proved = false), "that a part of it is not"],
    ["a part too few", (card) => card.certificate.parts.pop(), "there are 2, and a looped model has 3"],
    ["a label too few", (card) => card.labels.pop(), "labels: there are"],
    ["a token too many", (card) => card.vocabulary.push(["string", "d"]), "there are 3 tokens and BOS"],
    ["more positions", (card) => ((card.maxLength = 9), (card.config.maxLength = 10)), "expected shape [10, "],
  ])("that contradicts itself says where: %s", (_, change, message) => {
    expect(() => LoopedModel.fromSafetensors(edited(change))).toThrow(ModelFileError);
    expect(() => LoopedModel.fromSafetensors(edited(change))).toThrow(message);
  });

  it("of another version says so", () => {
    const newer = withMetadata(bytes, (metadata) => ({ ...metadata, version: "9" }));
    expect(() => LoopedModel.fromSafetensors(newer)).toThrow("has file version 9, and this Selectron reads version 1");
    const foreign = withMetadata(bytes, () => ({ format: "pt" }));
    expect(() => LoopedModel.fromSafetensors(foreign)).toThrow('its metadata says format "pt"');
  });
});
