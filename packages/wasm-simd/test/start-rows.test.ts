/** The binary's product where it goes on from rows of its own, as pieces of a long product do: every road, called as it is exported. */
import { randn, Rng, tensor } from "@selectron/core";
import { expect, it } from "vitest";
import { Arena } from "../src/arena.js";
import { compile, instantiate } from "../src/module.js";

it.each([
  ["dot products", 5, 40, 30, true],
  ["packed tiles", 70, 530, 90, false],
  ["tiles in place", 8, 40, 30, false],
  ["sweeps", 7, 300, 401, false],
  ["tiles in place, and a rest that sweeps", 7, 40, 30, false],
])("the product goes on from rows that it is given: %s", (_, m, k, n, isTransposed) => {
  const wasm = instantiate(compile());
  const arena = new Arena(wasm.memory, wasm.heapBase());
  const rng = new Rng(8);
  const [a, stored, start] = [randn([m, k], rng).mul(1 / Math.sqrt(k)), randn(isTransposed ? [n, k] : [k, n], rng), randn([m, n + 5], rng)]; // prettier-ignore
  const [left, right, bias] = [a, stored, start].map(({ data }) => arena.reserve(data.byteLength)) as [number, number, number]; // prettier-ignore
  const out = arena.reserve(4 * m * n);
  const workspace = arena.reserve(wasm.matmulWorkspace(m, k, n));
  [a, stored, start].forEach(({ data }, i) => arena.floats.set(data, [left, right, bias][i]! / 4));
  const [bRow, bColumn] = isTransposed ? [4, 4 * k] : [4 * n, 4];
  wasm.matmul(left, 4 * k, 4, right, bRow, bColumn, bias, 4 * (n + 5), out, 4 * n, m, k, n, 0.5, -1, 0, m, workspace);
  const expected = a.matmul(isTransposed ? stored.transpose() : stored).mul(0.5).add(start.slice(0, n, 1)); // prettier-ignore
  const product = tensor(arena.floats.slice(out / 4, out / 4 + m * n)).reshape([m, n]);
  expect(product.sub(expected).abs().max().item()).toBeLessThan(1e-4);
});
