import { encodeSafetensors, randn, Rng } from "@selectron/core";
import { load } from "@selectron/rasp";
import { describe, expect, it, vi } from "vitest";
import { selectron, type World } from "./harness.js";
import { config, data, lines, sizes, weights } from "./repeating-model.js";

const world = (model = weights()): World & { binaries: Map<string, Uint8Array> } => ({
  files: { "c.json": config, "ab.jsonl": data },
  binaries: new Map([["m/one.safetensors", model]]),
});
const command = ["decompile", "m/one.safetensors", "--config", "c.json", "--data", "{task}.jsonl"];
const text = (binaries: Map<string, Uint8Array>, name: string): string => new TextDecoder().decode(binaries.get(name));

describe("selectron decompile", () => {
  it("prints a program, and how well it matches", async () => {
    const { exitCode, out } = await selectron([...command, "--json", "--interventions"], world());
    expect(exitCode).toBe(0);
    const report = JSON.parse(out) as Record<string, unknown>;
    expect(report).toMatchObject({
      ok: true,
      method: "search",
      lines: 2,
      opaque: 0,
      matchAccuracy: { share: 1 },
      tokenTableMatch: 1,
    });
    expect(report["front"]).toContainEqual({ size: 1, match: 1 });
    expect(report["interventions"]).toMatchObject({
      components: [
        { part: "0.0", match: 1 },
        { part: "0.mlp", match: 1 },
      ],
      pruned: { match: 1, components: ["tokens"], paths: [{ from: "tokens", to: "logits" }] },
    });
    expect(() => load(report["source"] as string, { example: ["a"] })).not.toThrow();
  });

  it("writes report, program and pictures, and skips a finished model", async () => {
    const here = world();
    const { out } = await selectron([...command, "--checkpoint", "out"], here);
    expect(out).toContain("match: 100.0 %");
    expect([...here.binaries.keys()].filter((name) => name.startsWith("out/")).sort()).toEqual([
      "out/one-front.svg",
      "out/one-tables.svg",
      "out/one.json",
      "out/one.rasp",
    ]);
    expect(text(here.binaries, "out/one.rasp")).toContain("prediction = argmax(logits);");
    expect(text(here.binaries, "out/one-front.svg")).toContain("<circle");
    expect(text(here.binaries, "out/one-tables.svg")).toContain("<title>b, b: ");
    const again = await selectron([...command, "--checkpoint", "out", "--json"], here);
    expect(again.err).toContain("one is done already: out/one.json");
    expect(`${again.out}`).toBe(text(here.binaries, "out/one.json"));
  });

  it("says how tokens are written that no literal can have", async () => {
    const { files, binaries } = world();
    const here = { files: { ...files, "c.json": config.replace('"a"', JSON.stringify("\n")) }, binaries };
    const { out } = await selectron([...command, "--output", "one.rasp"], here);
    expect(out).toContain('"\\n" is written "␊", since no string of RASP has such characters\n');
    const program = text(binaries, "one.rasp");
    expect(program).toContain('# "\\n" is written "␊".\n');
    expect(() => load(program, { example: ["␊", "b"] })).not.toThrow();
    const { out: json } = await selectron([...command, "--json"], here);
    expect(JSON.parse(json)).toMatchObject({ ok: true, renamed: [{ token: "\n", name: "␊" }] });
  });

  it("has a budget that does not depend on the machine's date", async () => {
    const [plain, jumping] = [world(), world()];
    await selectron([...command, "--checkpoint", "out"], plain);
    let date = 0;
    const spy = vi.spyOn(Date, "now").mockImplementation(() => (date += 1e9));
    await selectron([...command, "--checkpoint", "out"], jumping);
    spy.mockRestore();
    expect(text(jumping.binaries, "out/one.rasp")).toBe(text(plain.binaries, "out/one.rasp"));
    // A clock that has run out at its second reading leaves nothing to search.
    let now = 0;
    const late = world();
    await selectron([...command, "--checkpoint", "out"], { ...late, now: () => (now += 1e9) });
    expect(JSON.parse(text(late.binaries, "out/one.json"))).not.toMatchObject({
      front: (JSON.parse(text(plain.binaries, "out/one.json")) as { front: unknown }).front,
    });
  });

  it("continues after it was killed, to the same program", async () => {
    const whole = world();
    await selectron([...command, "--checkpoint", "out"], whole);
    const killed = world();
    let writes = 0;
    const full = await selectron([...command, "--checkpoint", "out"], {
      ...killed,
      appended: () => {
        if (++writes > 6) throw new Error("killed");
      },
    });
    expect(full.exitCode).toBe(2);
    const fits = "out/one.search.jsonl";
    killed.binaries.set(fits, new TextEncoder().encode(`${text(killed.binaries, fits)}{"key": "half a li`));
    const { err, exitCode } = await selectron([...command, "--checkpoint", "out"], killed);
    expect(exitCode).toBe(0);
    expect(err).toContain("Going on with 6 fits from out/one.search.jsonl.");
    expect(text(killed.binaries, "out/one.rasp")).toBe(text(whole.binaries, "out/one.rasp"));
    const other = await selectron([...command, "--checkpoint", "out", "--seed", "5"], killed);
    expect(other.err).not.toContain("done already");
  });

  it("leaves out fits whose lines were changed", async () => {
    const here = world();
    let writes = 0;
    const appended = (): void => {
      if (++writes > 6) throw new Error("killed");
    };
    await selectron([...command, "--checkpoint", "out"], { ...here, appended });
    const fits = "out/one.search.jsonl";
    // The key or the value of the first fit, the checksum of the second.
    const [head, first, second, ...more] = text(here.binaries, fits).split("\n");
    const changed = [head, first!.replace(/\d(?=\D*,"checksum")/, "7"), second!.replace(/\d}$/, "x}"), ...more];
    expect(changed[1]).not.toBe(first);
    here.binaries.set(fits, new TextEncoder().encode(changed.join("\n")));
    const { err, exitCode } = await selectron([...command, "--checkpoint", "out"], here);
    expect([exitCode, err]).toEqual([0, expect.stringContaining("Going on with 4 fits")]);
  });

  it("takes several models, in parts, and continues after a damaged one", async () => {
    const here = world();
    here.binaries.set(
      "m/two.safetensors",
      weights((tensors) => (tensors.get("h.0.ln_1.weight")!.data[2] = NaN)),
    );
    here.binaries.set("m/three.safetensors", weights());
    const many = ["decompile", "m/one.safetensors", "m/two.safetensors", "m/three.safetensors", ...command.slice(2)];
    const all = await selectron([...many, "--checkpoint", "out"], here);
    expect(all.exitCode).toBe(2);
    expect(all.err).toContain("h.0.ln_1.weight is damaged: element 2 of 4 is NaN");
    expect(here.binaries.has("out/three.rasp")).toBe(true);
    const second = world();
    second.binaries.set("m/two.safetensors", weights());
    await selectron([...many, "--checkpoint", "out", "--shard", "2/3"], second);
    expect([...second.binaries.keys()].filter((name) => name.endsWith(".rasp"))).toEqual(["out/two.rasp"]);
  });
});

describe("models that cannot be decompiled get one message", () => {
  const fails = async (change: Partial<{ model: Uint8Array; config: string; data: string }>, message: string) => {
    const here = world(change.model);
    const files = { ...here.files, "c.json": change.config ?? config, "ab.jsonl": change.data ?? data };
    const { exitCode, out, err } = await selectron(command, { ...here, files });
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err.match(/error: /g)).toHaveLength(1);
    expect(err).toContain(message);
    expect(err).not.toMatch(/ at .*\.[jt]s/);
  };

  it.each<[string, Parameters<typeof fails>[0], string]>([
    [
      "another architecture",
      { config: JSON.stringify({ ...sizes, model_type: "llama" }) },
      'model_type is "llama"; supported is "gpt2"',
    ],
    [
      "another architecture's weights",
      { model: encodeSafetensors(new Map([["model.embed", randn([2], new Rng(1))]])) },
      'it has no "transformer.wte.weight", but model.embed',
    ],
    ["no safetensors file", { model: new Uint8Array(3) }, "the file has 3 bytes"],
    [
      "a configuration of other sizes",
      { config: JSON.stringify({ ...sizes, n_embd: 8 }) },
      "wte.weight has shape [4, 4], expected [4, 8]",
    ],
    [
      "a configuration with more layers",
      { config: JSON.stringify({ ...sizes, n_layer: 2 }) },
      "it says 2 layers, and the weights have 1",
    ],
    [
      "a vocabulary that does not fit",
      { config: JSON.stringify({ ...sizes, vocab: ["a"] }) },
      '"vocab" must have 4 different tokens',
    ],
    ["a configuration that is no JSON", { config: "{" }, '"c.json" is not JSON'],
    [
      "weights that are no numbers",
      { model: weights((tensors) => (tensors.get("wpe.weight")!.data[5] = NaN)) },
      "wpe.weight is damaged: element 5 of 96 is NaN",
    ],
    [
      "infinite weights",
      { model: weights((tensors) => (tensors.get("ln_f.bias")!.data[0] = Infinity)) },
      "ln_f.bias is damaged: element 0 of 4 is Infinity",
    ],
    ["a data line that is cut", { data: `${data}\n{"input_ids": [0,` }, "data line 61: this is not JSON"],
    ["an id outside the vocabulary", { data: data.replace("[2,", "[2,7,") }, 'data line 1: "input_ids" must be a list'],
    ["too few sequences", { data: lines.slice(0, 5).join("\n") }, "the data have 5 sequences; at least 30 are needed"],
  ])("%s", async (_, change, message) => fails(change, message));

  it("a model without configuration, several models for one file", async () => {
    const alone = await selectron(["decompile", "m/one.safetensors"], world());
    expect(alone.err).toContain('error: "m/one.safetensors" does not say how it was trained\n  help: give --config');
    const two = await selectron(["decompile", "a", "b", "-o", "c"], world());
    expect(two.err).toContain("-o is for one model");
  });
});

it("decompiles a model that selectron train made, without further files", async () => {
  const here: World & { binaries: Map<string, Uint8Array> } = {
    files: { "p.rasp": "same = tokens;" },
    binaries: new Map(),
  };
  await selectron(
    ["train", "p.rasp", "--sop", "same", "--vocab", "a,b", "--max-length", "3", "--steps", "30", "-o", "run"],
    here,
  );
  const { exitCode, out } = await selectron(["decompile", "run/model.safetensors", "-o", "back.rasp"], here);
  expect(out).toContain("prediction = tokens;");
  expect(exitCode).toBe(0);
  expect(text(here.binaries, "back.rasp")).toContain("# Decompiled from model: ");
}, 60_000);

describe("compiled models", () => {
  const here: World & { binaries: Map<string, Uint8Array> } = {
    files: { "p.rasp": "hist = selector_width(select(tokens, tokens, ==));" },
    binaries: new Map([["no.onnx", new Uint8Array([1, 2, 3])]]),
  };
  const compiled = async (file: string): Promise<string> => {
    await selectron(["compile", "p.rasp", "--sop", "hist", "--vocab", "a,b", "--max-length", "4", "-o", file], here);
    const { exitCode, out } = await selectron(["decompile", file], here);
    expect(exitCode).toBe(0);
    return out;
  };

  it("give the same program from ONNX as from safetensors", async () => {
    const out = await compiled("hist.onnx");
    expect(out).toContain("hist = selector_width(select(tokens, tokens, ==));");
    expect(out).toBe(await compiled("hist.safetensors"));
  });

  it("are the only models that are read from ONNX", async () => {
    const { exitCode, out, err } = await selectron(["decompile", "no.onnx"], here);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toMatch(
      /^error: cannot decompile "no.onnx": .*\n {2}help: only ONNX files that `selectron compile` wrote can be read/,
    );
  });
});
