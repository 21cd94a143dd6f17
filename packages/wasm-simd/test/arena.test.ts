import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../test/long.js";
import { Arena } from "../src/arena.js";
import { FreeRanges } from "../src/free-ranges.js";

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

  it("hands out ranges that do not overlap, and has all of its room again in the end", () => {
    const rng = new Rng(3);
    const below = (n: number): number => Math.floor(rng.float() * n);
    let full = 0;
    for (let round = 0; round < breadth({ short: 20, long: 2000 }); round++) {
      const arena = new Arena(new WebAssembly.Memory({ initial: 1 }), 1024);
      const floats = (65_536 - 1024 - 64) / 4;
      const settled: Float32Array[] = [];
      const stack: { readonly mark: number; readonly view: Float32Array }[] = [];
      for (let step = 0; step < 200; step++) {
        const [mark, length] = [arena.mark(), 1 + below(below(4) === 0 ? 4000 : 100)];
        const what = below(5);
        if (what < 2) {
          const view = arena.settle(length);
          if (view) settled.push(view.fill(settled.length));
          else full++;
        } else if (what === 2) {
          const view = arena.allocate(length);
          if (view) stack.push({ mark, view });
          else full++;
        } else if (what === 3 && settled.length > 0) {
          arena.vacate(settled.splice(below(settled.length), 1)[0]!);
        } else if (stack.length > 0) {
          const back = stack.splice(below(stack.length))[0]!.mark;
          arena.release(back);
        }
        // A kernel's scratch is above the stack and below the residents.
        arena.reset();
        const scratch = arena.mark();
        const ranges = [...settled, ...stack.map(({ view }) => view)].map((view) => [view.byteOffset, view.byteLength]);
        ranges.sort(([a], [b]) => a! - b!);
        const wrong = ranges.filter(([from, bytes], i) => {
          const next = ranges[i + 1]?.[0] ?? 65_536 - 64;
          return from! + bytes! > next || (from! + bytes! > scratch && !arena.isSettled(from!));
        });
        expect(wrong).toEqual([]);
      }
      while (settled.length > 0) arena.vacate(settled.splice(below(settled.length), 1)[0]!);
      if (stack[0]) arena.release(stack[0].mark);
      expect(arena.isEmpty).toBe(true);
      expect(arena.settle(floats)).toHaveLength(floats);
    }
    expect(full).toBeGreaterThan(20);
  });

  it("grows neither for scratch nor for views while residents are there, and then for all that did not fit", () => {
    const arena = new Arena(new WebAssembly.Memory({ initial: 1 }), 1024);
    const held = arena.settle(16)!.fill(5);
    expect(() => arena.reserve(2 ** 17)).toThrow("scratch while views are out");
    expect(arena.allocate(2 ** 17)).toBeUndefined();
    expect(arena.settle(2 ** 18)).toBeUndefined();
    arena.prepare(2 ** 17);
    expect([...held]).toEqual(new Array(16).fill(5));
    expect(arena.byteLength).toBe(2 ** 16);
    arena.vacate(held);
    arena.prepare(0);
    expect(arena.settle(2 ** 18)).toHaveLength(2 ** 18);
  });
});

it("free ranges join, and are taken where they fit best", () => {
  const free = new FreeRanges();
  for (const [start, end] of [[0, 64], [128, 160], [64, 128], [200, 232]] as const) free.give(start, end); // prettier-ignore
  expect(free.take(32)).toBe(200);
  expect(free.take(161)).toBeUndefined();
  expect(free.take(96)).toBe(0);
  expect(free.takeFrom(0)).toBe(0);
  expect(free.takeFrom(96)).toBe(160);
  expect(free.take(1)).toBeUndefined();
});
