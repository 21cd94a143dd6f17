/** Causal compile: the model is a decoder that computes `causal(sop)`, and warnings name the selectors that look ahead. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  causal,
  compareAtoms,
  compile,
  CompiledModel,
  evaluate,
  Evaluation,
  isSelector,
  load,
  RaspError,
  render,
  topological,
  verify,
  type Atom,
  type Selector,
  type SOp,
} from "../../src/index.js";
import { atomKey } from "../../src/language/atom/compare.js";
import { aggregateReference } from "../../src/language/interpret/reference.js";
import { everyInput } from "../../src/compiler/verify/inputs.js";
import { sopSource } from "../arbitrary/program.js";
import { decoderLessons, lessonSOp } from "./lessons.js";
import { breadth } from "../../../../test/long.js";

const sopOf = (source: string): SOp => load(`result = ${source};`, { file: "p.rasp", example: "abc" }).sop("result");

/** The reference for causal evaluation: every cell of every selector, without those of later keys. */
function referenceValues(root: SOp, input: readonly Atom[]): readonly Atom[] {
  const values = new Map<SOp, readonly Atom[]>();
  const cells = (answer: (k: number, q: number) => boolean): boolean[][] =>
    input.map((_, q) => input.map((__, k) => k <= q && answer(k, q)));
  const matrix = (node: Selector): boolean[][] => {
    switch (node.kind) {
      case "select": {
        const [keys, queries] = [values.get(node.keys)!, values.get(node.queries)!];
        return cells((k, q) => compareAtoms(node.op, keys[k]!, queries[q]!));
      }
      case "not": {
        const arg = matrix(node.arg);
        return cells((k, q) => !arg[q]![k]!);
      }
      case "and":
      case "or": {
        const [left, right] = [matrix(node.left), matrix(node.right)];
        return cells((k, q) => (node.kind === "and" ? left[q]![k]! && right[q]![k]! : left[q]![k]! || right[q]![k]!));
      }
      case "best": {
        const [among, scores] = [matrix(node.selector), values.get(node.score)!.map(Number)];
        const best = among.map((row) => {
          const most = Math.max(...scores.filter((_, k) => row[k]));
          return row.findIndex((selected, k) => selected && scores[k] === most);
        });
        return cells((k, q) => best[q] === k);
      }
    }
  };
  for (const node of topological(root)) {
    if (isSelector(node)) continue;
    if (node.kind === "map") {
      const args = node.args.map((arg) => values.get(arg)!);
      values.set(
        node,
        input.map((_, i) => node.fn.apply(args.map((column) => column[i]!))),
      );
    } else if (node.kind === "aggregate") {
      const rows = matrix(node.selector).map((row) => Uint8Array.from(row, Number));
      values.set(
        node,
        aggregateReference(rows, values.get(node.value)!, () => node.default),
      );
    } else {
      values.set(node, new Evaluation(input).sop(node));
    }
  }
  return values.get(root)!;
}

it("causal(sop) is the program with later keys left out of every selector", () => {
  let tried = 0;
  fc.assert(
    fc.property(sopSource, (source) => {
      let sop: SOp;
      try {
        sop = sopOf(source);
      } catch (error) {
        if (error instanceof RaspError) return; // a constant
        throw error;
      }
      for (const input of everyInput(["a", "b", "c"], 3)) {
        expect(new Evaluation(input).sop(causal(sop)).map(atomKey)).toEqual(referenceValues(sop, input).map(atomKey));
        tried++;
      }
    }),
    { numRuns: breadth({ short: 20, long: 70 }), seed: 4 },
  );
  expect(tried).toBeGreaterThan(breadth({ short: 500, long: 2000 }));
});

it("a selector's causal matrix is lower triangular", () => {
  const { node } = load("s = select(tokens, tokens, !=);").get("s") as { node: Selector };
  expect(evaluate(causal(node), "aba")).toEqual([
    [false, false, false],
    [true, false, false],
    [false, true, false],
  ]);
});

describe("a causal model", () => {
  const seen = sopOf("selector_width(select(tokens, tokens, ==) and select(indices, indices, <))");
  const whole = sopOf("selector_width(select(tokens, tokens, ==))");
  const options = { vocabulary: "abc", maxLength: 5, causal: true } as const;

  it("computes the program without what comes later, proved", () => {
    for (const sop of [seen, whole]) {
      const model = compile(sop, options);
      expect(model.causal).toBe(true);
      expect(model.certificate.proved).toBe(true);
      expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 363 });
    }
    expect(compile(seen, options).run("abaab")).toEqual([0, 0, 1, 2, 1]);
    expect(compile(whole, options).run("abaab")).toEqual([1, 1, 2, 3, 2]);
    expect(compile(whole, { ...options, causal: false }).run("abaab")).toEqual([3, 2, 3, 3, 2]);
  });

  it("gives a prefix what it gives in the whole input", () => {
    const model = compile(whole, options);
    for (const input of everyInput(["a", "b", "c"], 4)) {
      expect(model.values([[...input, "c"]])[0]!.slice(0, -1)).toEqual(model.values([input])[0]!);
    }
  });

  it("spends nothing on what the mask does", () => {
    const upToSelf = sopOf('aggregate(select(indices, indices, <=), indicator(tokens == "a"))');
    const all = sopOf('aggregate(full_s, indicator(tokens == "a"))');
    expect(compile(upToSelf, options).stats).toEqual(compile(all, options).stats);
  });

  it("stays causal in a file, which has no warnings", () => {
    const model = compile(whole, options);
    for (const again of [
      CompiledModel.fromSafetensors(model.toSafetensors()),
      CompiledModel.fromOnnx(model.toOnnx()),
    ]) {
      expect(again.causal).toBe(true);
      expect(again.run("abaab")).toEqual([1, 1, 2, 3, 2]);
      expect(again.warnings).toEqual([]);
    }
    expect(model.toSafetensors()).not.toEqual(compile(whole, { ...options, causal: false }).toSafetensors());
  });

  it("is compared with the causal values of its program by the verifier", () => {
    const bothWays = compile(whole, { ...options, causal: false });
    const decoder = new CompiledModel(bothWays.model, {
      ...bothWays.card,
      config: { ...bothWays.card.config, causal: true },
    });
    expect(verify(whole, decoder, { exhaustive: true })).toMatchObject({
      ok: false,
      counterexample: { input: ["a", "a"] },
    });
  });
});

describe("a selector that looks ahead is named", () => {
  const warningsOf = (source: string): string[] =>
    compile(load(source, { file: "p.rasp", example: "abc" }).sop("x"), {
      vocabulary: "abc",
      maxLength: 4,
      causal: true,
    }).warnings.map(render);

  it("once, at its place", () => {
    expect(
      warningsOf("same = select(tokens, tokens, ==);\nx = aggregate(same, indices) + aggregate(same, 1);"),
    ).toEqual([
      [
        'p.rasp:1:8: warning RASP7011: "same" looks ahead: position 0 can select position 1, which a causal model does not see',
        "  1 | same = select(tokens, tokens, ==);",
        "    |        ^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "  help: rows take what they select up to their own position; if that is meant, add: and select(indices, indices, <=)",
      ].join("\n"),
    ]);
  });

  it("as one that may look ahead, where nothing proves that it does", () => {
    const first = "first = aggregate(select(indices, 0, ==), tokens);";
    expect(warningsOf(`${first}\nx = aggregate(select(first, first, !=), 1);`)[0]).toContain(
      "this selector may look ahead: its values do not exclude that position 0 selects position 1",
    );
  });

  it("at its use, where it is the library's", () => {
    expect(warningsOf("x = aggregate(select(indices, length - 1, ==), tokens);")).toEqual([
      [
        'p.rasp:1:31: warning RASP7011: "full_s" looks ahead: position 0 can select position 1, which a causal model does not see',
        "  1 | x = aggregate(select(indices, length - 1, ==), tokens);",
        "    |                               ^^^^^^^^^^",
        "  help: rows take what they select up to their own position; if that is meant, add: and select(indices, indices, <=)",
        "<rasplib>:2:10: note: the selector",
        "  2 | full_s = select(1, 1, ==);",
        "    |          ^^^^^^^^^^^^^^^^",
      ].join("\n"),
    ]);
  });

  it.each([
    'x = aggregate(select(indices, indices - 1, ==), tokens, "-");',
    "x = selector_width(select(tokens, tokens, ==) and select(indices, indices, <));",
    "x = aggregate(best(select(tokens, tokens, ==) and select(indices, indices, <=), indices), indices);",
    "x = aggregate(select(indices + 2, indices, ==) and not select(tokens, tokens, <), indices);",
    // Each comparison excludes the keys that the other one allows.
    "x = aggregate(select(indices % 2, 0, ==) and select(indices, 1, <), indices);",
  ])("and no other: %s", (source) => {
    expect(warningsOf(source)).toEqual([]);
  });

  it.each([
    "x = aggregate(select(indices, indices + 1, ==), indices);",
    "x = aggregate(not select(tokens, tokens, ==) and select(indices, indices, >=), indices);",
    "x = aggregate(best(select(tokens, tokens, ==), indices), indices);",
  ])("in each of these: %s", (source) => {
    expect(warningsOf(source)).toHaveLength(1);
  });
});

describe("generation", () => {
  const writers = decoderLessons.filter(({ file }) => file === "10-next-token");
  const maxLength = 9;
  const compiled = writers.map((lesson) => {
    const sop = lessonSOp(lesson);
    return { name: lesson.name, sop, model: compile(sop, { vocabulary: lesson.vocabulary, maxLength, causal: true }) };
  });

  it.each([
    ["copy", "bab>", "bab"],
    ["reverse", "baab>", "baab"],
    ["ordered", "baba>", "aabb"],
    ["copy", "aba", ""],
  ])("%s: %s continues with %s", (name, prompt, written) => {
    const { model } = compiled.find((one) => one.name === name)!;
    const { tokens, ended } = model.generate(prompt, { maxTokens: written.length + 1 });
    expect([tokens.join(""), ended]).toEqual([written, "stop"]);
  });

  it.each(compiled)(
    "$name writes the program's values, one token at a time, with cached keys and values",
    ({ sop, model }) => {
      for (const prompt of everyInput(["a", "b", ">"], 4)) {
        const text = prompt.map(String);
        let ended = "length";
        while (text.length <= maxLength) {
          const next = String(evaluate(sop, text).at(-1));
          if (!"ab>".includes(next)) {
            ended = "stop";
            break;
          }
          text.push(next);
        }
        expect(model.generate(prompt.map(String))).toEqual({ tokens: text.slice(prompt.length), ended });
      }
    },
  );

  it("numbers are tokens where the vocabulary has them", () => {
    const next = load("x = (tokens_int + 1) % 4;", { example: [1] }).sop("x");
    const model = compile(next, { vocabulary: [0, 1, 2, 3], maxLength: 8, causal: true });
    expect(model.generate([2], { maxTokens: 5 })).toEqual({ tokens: [3, 0, 1, 2, 3], ended: "length" });
  });

  it("needs a decoder, and a prompt with a token", () => {
    const [{ sop, model }] = compiled as [(typeof compiled)[0]];
    expect(() => model.generate("")).toThrow("the prompt is empty");
    expect(() => compile(sop, { vocabulary: "ab>", maxLength: 4 }).generate("a")).toThrow("not compiled as a decoder");
  });
});
