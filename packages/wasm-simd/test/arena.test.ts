import { describe, expect, it } from "vitest";
import { Arena } from "../src/arena.js";

describe("Arena", () => {
  it("holds its views and no others, nor one that growing has detached", () => {
    const arena = new Arena(new WebAssembly.Memory({ initial: 1 }), 1024);
    const start = arena.mark();
    const [first, last] = [arena.allocate(8)!, arena.allocate(8)!];
    expect([first, last, new Float32Array(8)].map((data) => arena.holds(data))).toEqual([true, true, false]);
    arena.release(start);
    arena.prepare(2 ** 18);
    expect(arena.byteLength).toBeGreaterThan(2 ** 18);
    expect(last).toHaveLength(0);
    expect(arena.holds(last)).toBe(false);
  });
});
