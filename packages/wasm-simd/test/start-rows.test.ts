/** The product of the binary that starts from rows given, as pieces of a long product do: every algorithm. */
import { randn, Rng, tensor, type Tensor } from "@selectron/core";
import { expect, it } from "vitest";
import { Arena } from "../src/arena.js";
import { callMatmul } from "../src/calls.js";
import { compile, instantiate } from "../src/module.js";

it.each([
  ["dot products", 5, 40, 30, true],
  ["dot products with a large matrix", 5, 400, 403, true],
  ["packed tiles", 70, 530, 90, false],
  ["tiles in place", 8, 40, 30, false],
  ["sweeps", 7, 300, 401, false],
  ["sweeps, the last of few steps", 7, 291, 401, false],
  ["tiles in place, and a rest that sweeps", 7, 40, 30, false],
])("the product goes on from rows that it is given: %s", (_, m, k, n, isTransposed) => {
  const wasm = instantiate(compile());
  const arena = new Arena(wasm.memory, wasm.heapBase());
  const rng = new Rng(8);
  const a = randn([m, k], rng).mul(1 / Math.sqrt(k));
  const stored = randn(isTransposed ? [n, k] : [k, n], rng);
  const start = randn([m, n + 5], rng);
  const place = ({ data }: Tensor): number => arena.reserve(data.byteLength);
  const [left, right, bias] = [place(a), place(stored), place(start)];
  const out = arena.reserve(4 * m * n);
  const workspace = arena.reserve(wasm.matmulWorkspace(m, k, n));
  arena.floats.set(a.data, left / 4);
  arena.floats.set(stored.data, right / 4);
  arena.floats.set(start.data, bias / 4);
  const [bRow, bColumn] = isTransposed ? ([4, 4 * k] as const) : ([4 * n, 4] as const);
  callMatmul(wasm, {
    a: left,
    aRow: 4 * k,
    aColumn: 4,
    b: right,
    bRow,
    bColumn,
    bias,
    biasRow: 4 * (n + 5),
    c: out,
    cRow: 4 * n,
    m,
    k,
    n,
    alpha: 0.5,
    activation: -1,
    i0: 0,
    i1: m,
    workspace,
  });
  const b = isTransposed ? stored.transpose() : stored;
  const expected = a
    .matmul(b)
    .mul(0.5)
    .add(start.slice(0, n, 1));
  const product = tensor(arena.floats.slice(out / 4, out / 4 + m * n)).reshape([m, n]);
  expect(product.sub(expected).abs().max().item()).toBeLessThan(1e-4);
});
