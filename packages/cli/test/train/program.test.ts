import { decodeSafetensors } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { selectron } from "../harness.js";

describe("selectron train FILE", () => {
  const files = {
    "reverse.rasp": "flip = select(indices, length - 1 - indices, ==);\nreverse = aggregate(flip, tokens);\n",
  };
  const args = ["train", "reverse.rasp", "--sop", "reverse", "--vocab", "a,b", "--max-length", "4", "--supervise"];

  it("trains on the interpreter's values, and draws the heads beside the selectors", async () => {
    const binaries = new Map<string, Uint8Array>();
    const ran = await selectron([...args, "--steps", "3", "--batch", "2", "-o", "run"], { files, binaries });
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toMatch(
      /^reverse: 2 layers of 1 head, width 64, feed-forward 256; cost says 2 layers of 1 head\n {2}on /,
    );
    expect(ran.out).toContain("\nlayer 2, flip: head 1 has ");
    expect(ran.out).toContain("\nnot reached: 96.0 %; ");
    expect(ran.out).toMatch(
      /\n {2}help: train longer: this was 3 steps, and the default is 5000, without --steps; -o names another folder for it\n$/,
    );
    const picture = new TextDecoder().decode(binaries.get("run/heads.svg"));
    for (const title of ["layer 1: full_s", "layer 2: flip", "layer 2: learned head 1"]) {
      expect(picture).toContain(title);
    }
    const { metadata } = decodeSafetensors(binaries.get("run/model.safetensors")!);
    expect(JSON.parse(metadata["selectron.encoder"]!)).toMatchObject({ program: "reverse", config: { dModel: 64 } });
  });

  it("writes a model that `run` takes", async () => {
    const binaries = new Map<string, Uint8Array>();
    const bos = [...args, "--bos", "§", "--width", "16", "--steps", "150", "--batch", "16", "-o", "run"];
    await selectron(bos, { files, binaries });
    const answer = async (...more: string[]) => selectron(["run", "run/model.safetensors", ...more], { binaries });
    expect((await answer("--input", "§a")).out).toBe("[a, §] (strings)\n");
    const { out, err } = await answer("--input", "§aab", "--json", "--attention");
    expect(JSON.parse(out)).toEqual({ value: ["b", "a", "a", "§"], kinds: "ssss" });
    expect(err).toMatch(/^blocks\.0\.attention head 1\n {2}│ {4}§ {4}a {4}a {4}b\n§ │ [\d.]+ /);
    expect(err).toContain("\n\nblocks.1.attention head 1\n");
    const wrong = [
      ["aab", "error: § must be at the beginning of every input and nowhere else\n"],
      ["§a§", "error: § must be at the beginning of every input and nowhere else\n"],
      ["§c", "error: the model does not know the token c\n  help: it was trained on a b §, up to length 4\n"],
      ["§aaaa", "error: the input has 5 tokens\n"],
    ] as const;
    for (const [input, message] of wrong) {
      const refused = await answer("--input", input);
      expect([refused.exitCode, refused.err.slice(0, message.length)]).toEqual([2, message]);
    }
    const traced = await answer("--input", "§a", "--trace");
    expect([traced.exitCode, traced.err.split("\n")[0]]).toEqual([
      2,
      "error: --trace is for compiled models, and this one was trained",
    ]);
  });

  it("refuses a repeated token, and the folder of a training on other inputs", async () => {
    const given = (vocabulary: string, ...more: string[]): string[] => [
      "train",
      "reverse.rasp",
      "--sop",
      "reverse",
      "--vocab",
      vocabulary,
      "--max-length",
      "3",
      "--steps",
      "1",
      "-o",
      "run",
      ...more,
    ];
    const twice = await selectron(given("a,a"), { files });
    expect([twice.exitCode, twice.err.split("\n")[0]]).toEqual([2, "error: token a is in the vocabulary twice"]);
    const bos = await selectron(given("a,b", "--bos", "b"), { files });
    expect([bos.exitCode, bos.err.split("\n")[0]]).toEqual([2, "error: token b is in the vocabulary twice"]);
    const binaries = new Map<string, Uint8Array>();
    await selectron(given("a,b"), { files, binaries });
    const other = await selectron(given("a,b,c"), { files, binaries });
    expect(other.exitCode).toBe(2);
    expect(other.err).toContain(
      'is of another training, "reverse on a b up to length 3, 2 layers of 1 head, width 64, feed-forward 256, seed 1, 1 steps of 50", not of "reverse on a b c up to length 3',
    );
  });

  it("has the sizes that the options ask for, and reports them", async () => {
    const binaries = new Map<string, Uint8Array>();
    const sized = [...args.slice(0, -1), "--steps", "1", "--layers", "1", "--heads", "2", "--width", "6", "--ffn", "5"];
    const ran = await selectron([...sized, "-o", "run", "--json"], { files, binaries });
    expect(JSON.parse(ran.out)).toMatchObject({ layers: 1, heads: 2, width: 6, ffn: 5, selectors: [{ layer: 1 }] });
    const { tensors } = decodeSafetensors(binaries.get("run/model.safetensors")!);
    expect(tensors.get("blocks.0.feedForward.hidden.weight")!.shape).toEqual([6, 5]);
    expect(tensors.has("blocks.1.feedForward.hidden.weight")).toBe(false);
    const other = await selectron([...args.slice(0, -1), "--steps", "1", "-o", "run"], { files, binaries });
    expect(other.err).toContain(
      '"reverse on a b up to length 4, 1 layer of 2 heads, width 6, feed-forward 5, seed 1, 1 steps of 50", ' +
        'not of "reverse on a b up to length 4, 2 layers of 1 head, width 64, feed-forward 256, ',
    );
  });

  it.each([
    [["--layers", "1000000000"], "layers is 1000000000; it must be an integer, from 1 to 10000."],
    [["--width", "99999999999"], "dHead is 99999999999; it must be an integer, from 1 to 1048576."],
    [["--ffn", "99999999999"], "feedForward.hidden.weight [64, 99999999999]. Use smaller sizes."],
    [["--batch", "1000000000"], "1024000000000 numbers in a layer of width 256; the limit is 134217728"],
    [["--max-length", "30000"], "45000000000 numbers in a layer of width 30000; the limit is 134217728"],
    [["--max-length", "1000000000"], "embedding.position.weight [1000000000, 64]. Use smaller sizes."],
    [["--width", "2", "--heads", "3"], "a width of 2 is too narrow for 3 heads"],
    [
      ["--layers", "1"],
      "1 layer of 1 head, width 64, feed-forward 256 has no place for every selector of the program, which needs 2 layers of 1 head",
    ],
    [["--vocab", "[]"], 'Write one token or more: a,b,c or [1,2,"a,b"].'],
    [["--max-length", "1", "--bos", "§"], "inputs of length 1 hold no token"],
  ])("refuses %j", async (more, message) => {
    const { exitCode, err } = await selectron([...args, ...more], { files });
    expect(exitCode).toBe(2);
    expect(err).toContain(`${message}\n  help: `);
  });

  it("supervises only in the first half of the training", async () => {
    const trained = async (steps: string, ...more: string[]): Promise<Buffer> => {
      const binaries = new Map<string, Uint8Array>();
      const short = [...args.slice(0, -1), "--width", "8", "--steps", steps, "-o", "run", ...more];
      await selectron(short, { files, binaries });
      return Buffer.from(binaries.get("run/model.safetensors")!);
    };
    // The weight is 0 from the middle on: at both of two steps, but not at the first of three.
    expect((await trained("2", "--supervise")).equals(await trained("2"))).toBe(true);
    expect((await trained("3", "--supervise")).equals(await trained("3"))).toBe(false);
  });

  it("says what is missing", async () => {
    const { exitCode, err } = await selectron(["train", "reverse.rasp", "--sop", "reverse"], { files });
    expect(exitCode).toBe(2);
    expect(err).toBe(
      "error: a program needs --sop, --vocab and --max-length\n" +
        "  help: for example --sop reverse --vocab a,b,c,d --max-length 20\n",
    );
  });
});
