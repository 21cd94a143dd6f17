/** Work on a terminal shows how far it is; elsewhere, and with `--json`, it shows nothing. */
import { describe, expect, it } from "vitest";
import { Context } from "../src/context.js";
import { withProgress } from "../src/text/progress.js";
import { selectron, type World } from "./harness.js";

/** What work draws that reports its steps at these times, in milliseconds. */
function drawn(
  options: { json?: boolean; isErrorTerminal?: boolean; columns?: number; part?: string },
  times: readonly number[],
  end = () => 7,
) {
  let [now, said] = [0, ""];
  const { isErrorTerminal = true, columns, part } = options;
  const io = { isErrorTerminal, columns, err: (text: string) => (said += text), now: () => now };
  const work = (): number =>
    withProgress(new Context(io as unknown as Context["io"]), options, (report) => {
      for (const [n, time] of times.entries()) {
        now = time;
        report(time < 5000 ? "compiling" : "comparing", n + 1, times.length, part);
      }
      return end();
    });
  return { work, said: () => said };
}

describe("progress", () => {
  it("is shown from one second on, with the time left in the stage", () => {
    const { work, said } = drawn({}, [100, 999, 1000, 1050, 6000, 8000, 9000, 10_000]);
    expect(work()).toBe(7);
    expect(said().split("\r\x1b[K").slice(1)).toEqual([
      "███████░░░░░░░░░░░░░ compiling 3/8 · 2 s left",
      "████████████░░░░░░░░ comparing 5/8",
      "███████████████░░░░░ comparing 6/8 · 4 s left",
      "█████████████████░░░ comparing 7/8 · 2 s left",
      "████████████████████ comparing 8/8 · 0 s left",
      "",
    ]);
  });

  it("names the part of the stage, on one line of the terminal", () => {
    const lines = (more: { columns?: number; part?: string }): string[] => {
      const { work, said } = drawn(more, [2000]);
      work();
      return said().split("\r\x1b[K").slice(1, -1);
    };
    const whole = `${"█".repeat(20)} compiling 1/1 · values of sort · 0 s left`;
    for (const columns of [undefined, 0, 80]) {
      expect(lines({ part: "values of sort", ...(columns === undefined ? {} : { columns }) })).toEqual([whole]);
    }
    expect(lines({ part: "values of sort", columns: 41 })).toEqual([whole.slice(0, 40)]);
    const [long] = lines({ part: `values of ${"x".repeat(500)}\u001b` });
    expect(long).toMatch(/· values of x+… \(\d+ characters\) …x+\\x1b · 0 s left$/);
    expect(long!.length).toBeLessThan(140);
  });

  it("of short work, with --json and without a terminal is nothing", () => {
    for (const [options, times] of [
      [{}, [100, 999]],
      [{ json: true }, [100, 3000]],
      [{ isErrorTerminal: false }, [100, 3000]],
    ] as const) {
      const { work, said } = drawn(options, times);
      expect([work(), said()]).toEqual([7, ""]);
    }
  });

  it("goes before an error is told", () => {
    const { work, said } = drawn({}, [3000], () => {
      throw new Error("refused");
    });
    expect(work).toThrow("refused");
    expect(said().endsWith("\r\x1b[K")).toBe(true);
  });
});

describe("on a terminal", () => {
  const files = { "hist.rasp": "hist = selector_width(select(tokens_asis, tokens_asis, ==));\n" };
  const hist = ["hist.rasp", "--sop", "hist", "--vocab", "a,b,c", "--max-length", "6"];
  const binaries = new Map<string, Uint8Array>();
  /** Every reading of the clock is three seconds after the one before. */
  const slowly = async (args: readonly string[], world: World = {}): Promise<string> => {
    let now = 0;
    const { err } = await selectron(args, {
      files,
      binaries,
      isErrorTerminal: true,
      now: () => (now += 3000),
      ...world,
    });
    return err;
  };

  it.each([
    ["compile", ["compile", ...hist, "-o", "m.safetensors"], ["compiling"]],
    ["verify", ["verify", ...hist, "--runs", "500"], ["compiling", "comparing"]],
    ["dataset", ["dataset", "--count", "3", "--seed", "1"], ["programs"]],
    ["decompile", ["decompile", "m.safetensors"], ["running layers", "naming subspaces"]],
  ])("%s shows its stages", async (_, args, stages) => {
    const err = await slowly(args);
    if (stages.includes("compiling")) expect(err).toMatch(/ compiling \d\/\d · (values of hist|planning|weights)/);
    for (const stage of stages) expect(err).toMatch(new RegExp(`[█░]{20} ${stage} \\d+/\\d+`));
    expect(err.endsWith("\r\x1b[K")).toBe(true);
    expect(await slowly([...args, "--json"])).toBe("");
    expect(await slowly(args, { isErrorTerminal: false })).toBe("");
  });
});
