/** A looped encoder is the encoder in which the blocks of the loop are written out, with equal weights. */
import { referenceKernels, Rng, setKernels, tensor, type Tensor } from "@selectron/core";
import { LoopedEncoder, TransformerEncoder, type LoopedEncoderConfig } from "@selectron/nn";
import { enableWasm } from "@selectron/wasm-simd";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distance, randomParameters } from "./support.js";

const block = { heads: 2, dHead: 3, dFf: 7 };
const config: LoopedEncoderConfig = {
  ...{ vocabularySize: 3, maxLength: 5, dModel: 6, outputs: 2 },
  blocks: [block, block, { ...block, dFf: 0 }, block],
  loop: { first: 1, last: 2, halted: 4, most: 3 },
};

/** The encoder with the loop's blocks so many times, and its parameters. */
function written({ loop, ...sizes }: LoopedEncoderConfig, parameters: ReadonlyMap<string, Tensor>, times: number) {
  const order = [...sizes.blocks.keys()].flatMap((b) => {
    if (b !== loop.first) return b > loop.first && b <= loop.last ? [] : [b];
    const inside = Array.from({ length: loop.last - loop.first + 1 }, (_, i) => loop.first + i);
    return Array.from({ length: times }, () => inside).flat();
  });
  const blocks = order.map((b) => sizes.blocks[b]!);
  const shapes = TransformerEncoder.parameterShapes({ ...sizes, blocks });
  const values = [...shapes.keys()].map((name) => {
    const from = name.replace(/^blocks\.(\d+)/, (_, b: string) => `blocks.${order[Number(b)]!}`);
    return [name, parameters.get(from)!] as const;
  });
  return new TransformerEncoder({ ...sizes, blocks }, new Map(values));
}

describe("LoopedEncoder", () => {
  it("is the encoder with its blocks written out, as often as no position has halted", () => {
    const seen = new Set<number>();
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const rng = new Rng(seed);
        const parameters = randomParameters(LoopedEncoder.parameterShapes(config), rng);
        const model = new LoopedEncoder(config, parameters);
        const tokens = [[0, 1, 2].slice(0, 1 + rng.int(3))];
        let stream: Tensor | undefined;
        const { logits, times, ended } = model.forward(
          tokens,
          {},
          (position) => position === 0,
          (x) => (stream = x),
        );
        seen.add(times);
        expect(ended).toBe(stream!.data[config.loop.halted]! > 0.5);
        expect(ended || times === config.loop.most).toBe(true);
        expect([...logits.data]).toEqual([...written(config, parameters, times).forward(tokens).data]);
      }),
      { numRuns: 40 },
    );
    expect([...seen].sort()).toEqual([1, 2, 3]);
  });

  it("waits for all positions of all rows, and is told of each application", () => {
    const parameters = randomParameters(LoopedEncoder.parameterShapes(config), new Rng(3));
    const model = new LoopedEncoder(config, parameters);
    const streams: Tensor[] = [];
    const { times } = model.forward(
      [
        [0, 1],
        [2, 2],
      ],
      {},
      undefined,
      (x) => streams.push(x),
    );
    expect(streams.map(({ shape }) => shape)).toEqual(Array.from({ length: times }, () => [2, 2, 6]));
  });

  it("has the same parameters whatever number of steps it may take", () => {
    const many = { ...config, loop: { ...config.loop, most: 1000 } };
    expect(LoopedEncoder.parameterShapes(many)).toEqual(LoopedEncoder.parameterShapes(config));
  });

  it("with kernels that have memory of their own gives the same, the gradients of what is learnt, and what hooks keep", async () => {
    const parameters = randomParameters(LoopedEncoder.parameterShapes(config), new Rng(3));
    for (const x of parameters.values()) x.data.forEach((value, i) => (x.data[i] = value / 4));
    const learnt = new Map([...parameters].map(([name, x]) => [name, tensor(x.data, x.shape, { requiresGrad: true })]));
    const tokens = [[0, 1, 2]];
    const often = (model: LoopedEncoder, options = {}) => model.forward(tokens, options, () => true);
    const close = (a: readonly number[], b: readonly number[]): void => {
      const largest = Math.max(1, ...b.map(Math.abs));
      expect(distance(a, b) / largest).toBeLessThan(1e-5);
    };
    const gradients = (): number[] => {
      for (const x of learnt.values()) x.grad = undefined;
      const { logits, times } = often(new LoopedEncoder(config, learnt));
      expect(times).toBe(3);
      logits.sum().backward();
      return [...learnt.values()].flatMap(({ grad }) => [...(grad?.data ?? [])]);
    };
    const plain = new LoopedEncoder(config, parameters);
    const [logits, slopes] = [[...often(plain).logits.data], gradients()];
    await enableWasm();
    try {
      const kept: Tensor[] = [];
      const record = (_: string, x: Tensor): void => void kept.push(x);
      close([...often(plain).logits.data], logits);
      close(gradients(), slopes);
      often(plain, { record });
      expect(kept.length).toBeGreaterThan(10);
      for (const x of kept) expect(x.data.every(Number.isFinite)).toBe(true);
    } finally {
      setKernels(referenceKernels);
    }
  });

  it.each([
    [{ first: 2, last: 1 }, "the loop has the blocks 2 to 1 of 4"],
    [{ first: 0, last: 4 }, "the loop has the blocks 0 to 4 of 4"],
    [{ halted: 6 }, "loop.halted: there is no coordinate 6 of 6"],
    [{ most: 0 }, "most"],
  ])("refuses %o", (loop, message) => {
    expect(() => new LoopedEncoder({ ...config, loop: { ...config.loop, ...loop } })).toThrow(message);
  });
});
