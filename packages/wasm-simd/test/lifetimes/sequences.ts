/**
 * Random sequences of all that makes, keeps and frees memory, beside a plain model. Every tensor ever made has cells, JavaScript
 * numbers, that say what it should hold; views share them. After every step each tensor has the numbers of its cells or,
 * where it may be gone, says so; the same for arrays that `data` gave; and no two storages that are in use overlap.
 */
import {
  getKernels,
  keep,
  ones,
  referenceKernels,
  Rng,
  setKernels,
  tensor,
  type Kernels,
  type Tensor,
} from "@selectron/core";
import { resident, scope, type Resident } from "@selectron/wasm-simd";
import { compile } from "../../src/module.js";
import { registerModule } from "../../src/register.js";
import { holders } from "./holders.js";
import { overlap, wrongArray, wrongTensor, type Known, type Raw } from "./model.js";

interface Release {
  readonly held: Resident;
  readonly known: readonly Known[];
  isReleased: boolean;
}

const module = compile();
const SIZES = [1, 3, 48, 64, 130];
const MOST_DEPTH = 3;

export class Sequence {
  readonly #rng: Rng;
  #left: number;
  readonly #start: (() => void) | null;
  readonly #all: Known[] = [];
  readonly #raws: Raw[] = [];
  readonly #residents: Release[] = [];
  readonly #weights: { readonly w: Known; grad: Known | undefined }[] = [];
  readonly #kernels: Kernels[] = [referenceKernels];
  #depth = 0;
  readonly log: string[] = [];
  readonly seen = { right: 0, gone: 0 };

  /** @param start - registers new kernels; if it is null, the sequence keeps those that are there */
  constructor(seed: number, steps: number, start: (() => void) | null = () => registerModule(module)) {
    [this.#rng, this.#left, this.#start] = [new Rng(seed), steps, start];
    start?.();
  }

  run(): this {
    while (this.#left > 0) this.#step();
    for (const entry of this.#residents) if (!entry.isReleased) this.#end(entry);
    this.#check("the end");
    return this;
  }

  #step(): void {
    this.#left--;
    const [name, run] = this.#pick(this.#steps);
    this.log.push(`${"  ".repeat(this.#depth)}${name}`);
    run();
    this.#check(name);
  }

  readonly #steps: readonly (readonly [string, () => void])[] = [
    ["fresh", () => void this.#fresh()],
    ["compute", () => this.#compute()],
    ["compute", () => this.#compute()],
    ["compute", () => this.#compute()],
    ["compute much", () => this.#computeMuch()],
    ["view", () => this.#view()],
    ["view", () => this.#view()],
    ["write", () => this.#write()],
    ["data", () => void this.#dataOf(this.#one())],
    ["keep", () => this.#keep()],
    ["resident", () => this.#resident()],
    ["release", () => this.#release()],
    ["release", () => this.#release()],
    ["backward", () => this.#backward()],
    ["change gradient", () => this.#changeGradient()],
    ["scope", () => this.#scope()],
    ["scope", () => this.#scope()],
    ["kernels", () => this.#switch()],
  ];

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#rng.float() * items.length)]!;
  }

  #know(x: Tensor, cells: number[], at: readonly number[] = cells.map((_, i) => i), mayEnd = this.#depth > 0): Known {
    const known = { x, cells, at, mayEnd };
    this.#all.push(known);
    return known;
  }

  #fresh(size = this.#pick(SIZES)): Known {
    const cells = Array.from({ length: size }, () => Math.floor(this.#rng.float() * 9) - 4);
    return this.#know(tensor(Float32Array.from(cells)), cells, undefined, false);
  }

  /** One of the newest tensors that are there. */
  #one(): Known {
    const isThere = ({ x: { lease, held } }: Known): boolean => !lease || lease.isLive || !!lease.moved?.has(held);
    const there = this.#all.filter(isThere).slice(-12);
    return there.length === 0 ? this.#fresh() : this.#pick(there);
  }

  #compute(): void {
    const { x, cells, at } = this.#one();
    const values = at.map((i) => cells[i]!);
    const ways: (readonly [() => Tensor, (values: number[]) => number[]])[] = [
      [() => x.relu(), (all) => all.map((v) => Math.max(v, 0))],
      [() => x.add(1), (all) => all.map((v) => v + 1)],
      [() => x.add(x), (all) => all.map((v) => v + v)],
      [() => tensor([[1], [-1]]).matmul(x.reshape([1, x.size])), (all) => [...all, ...all.map((v) => -v)]],
    ];
    const [compute, expected] = this.#pick(x.size < 1000 ? ways : ways.slice(0, 3));
    this.#know(compute(), expected(values));
  }

  /** Needs more scratch than there is at first. */
  #computeMuch(): void {
    this.#know(ones([40, 600]).matmul(ones([600, 48])), new Array<number>(40 * 48).fill(600));
  }

  #view(): void {
    const { x, cells, at, mayEnd } = this.#one();
    const way = this.#pick(["slice", "transpose", "reshape", "detach"] as const);
    if (way === "slice" && x.rank === 1 && x.size > 1) this.#know(x.slice(1), cells, at.slice(1), mayEnd);
    if (way === "transpose" && x.rank === 2) {
      const [rows, columns] = x.shape as [number, number];
      const turned = at.map((_, i) => at[(i % rows) * columns + Math.floor(i / rows)]!);
      this.#know(x.transpose(), cells, turned, mayEnd);
    }
    const isEven = x.size % 2 === 0;
    if (way === "reshape" && x.isContiguous) this.#know(x.reshape(isEven ? [2, -1] : [-1]), cells, at, mayEnd);
    if (way === "detach") this.#know(x.detach(), cells, at, mayEnd);
  }

  #sharing(cells: number[]): Known[] {
    return this.#all.filter((known) => known.cells === cells);
  }

  #mayEnd({ cells }: Known): void {
    for (const known of this.#sharing(cells)) known.mayEnd = true;
  }

  /** It and its views are on the heap now. */
  #rescued(known: Known): void {
    if (known.x.lease) return;
    for (const other of this.#sharing(known.cells)) other.mayEnd = false;
  }

  #dataOf(known: Known): Float32Array {
    const { data } = known.x;
    this.#rescued(known);
    if (known.x.isContiguous) this.#raws.push({ data, known });
    return data;
  }

  #write(): void {
    const known = this.#one();
    if (!known.x.isContiguous) return;
    const data = this.#dataOf(known);
    const i = Math.floor(this.#rng.float() * data.length);
    data[i] = known.cells[known.at[i]!] = Math.floor(this.#rng.float() * 100);
  }

  #keep(): void {
    const known = this.#one();
    keep(this.#pick(holders)(known.x));
    this.#rescued(known);
  }

  #resident(): void {
    const sources = this.#rng.float() < 0.5 ? [this.#one()] : [this.#one(), this.#one()];
    const bytes = this.#pick([0, 0, 2 ** 12, 2 ** 18, this.#rng.float() < 0.05 ? 2 ** 28 : 0]);
    const held = resident(
      sources.map(({ x }) => x),
      bytes,
    );
    const known = sources.map(({ cells, at }, i) =>
      this.#know(
        held.tensors[i]!,
        at.map((a) => cells[a]!),
        undefined,
        false,
      ),
    );
    this.#residents.push({ held, known, isReleased: false });
  }

  #release(): void {
    const entry = this.#pick(this.#residents.slice(-4));
    if (!entry) return;
    if (!entry.isReleased) {
      this.#end(entry);
      return;
    }
    let said = "";
    try {
      entry.held.release();
    } catch (error) {
      said = String(error);
    }
    if (!said.includes("released before")) throw new Error(`The second release says "${said}".`);
  }

  #end(entry: Release): void {
    entry.held.release();
    entry.isReleased = true;
    for (const known of entry.known) {
      this.#mayEnd(known);
      const { cells } = known;
      // An array of a resident is a view of memory that is then used again: so it is documented.
      const rest = this.#raws.filter(({ known }) => known.cells !== cells);
      this.#raws.splice(0, Infinity, ...rest);
    }
  }

  /** The gradient of w · x in w is x, added to what there is. */
  #backward(): void {
    let weight = this.#weights.length > 0 && this.#rng.float() < 0.7 ? this.#pick(this.#weights) : undefined;
    if (!weight) this.#weights.push((weight = { w: this.#fresh(), grad: undefined }));
    const { w, grad } = weight;
    w.x.requiresGrad = true;
    const factor = this.#fresh(w.x.size);
    w.x.mul(factor.x).sum().backward();
    w.x.requiresGrad = false;
    this.#setGradient(
      weight,
      factor.cells.map((v, i) => v + (grad?.cells[grad.at[i]!] ?? 0)),
    );
  }

  #changeGradient(): void {
    const weight = this.#pick(this.#weights);
    if (!weight?.grad) return;
    const { w, grad } = weight;
    if (this.#rng.float() < 0.5) {
      w.x.grad = weight.grad = undefined;
      this.#mayEnd(grad);
      return;
    }
    w.x.grad = w.x.grad!.mul(2);
    this.#setGradient(
      weight,
      grad.cells.map((v) => 2 * v),
    );
  }

  #setGradient(weight: { readonly w: Known; grad: Known | undefined }, cells: number[]): void {
    if (weight.grad) this.#mayEnd(weight.grad);
    weight.grad = this.#know(weight.w.x.grad!, cells, undefined, false);
  }

  #scope(): void {
    if (this.#depth === MOST_DEPTH) return;
    const until = Math.max(0, this.#left - 1 - Math.floor(this.#rng.float() * 8));
    const leaving: Known[] = [];
    const ends = this.#rng.float() < 0.2;
    try {
      scope(
        () => {
          this.#depth++;
          while (this.#left > until) this.#step();
          while (this.#rng.float() < 0.6) leaving.push(this.#one());
          const result = leaving.map(({ x }) => this.#pick(holders)(x));
          if (ends) throw Object.assign(new Error("ends"), { result });
          return result;
        },
        this.#pick([0, 2 ** 12, 2 ** 16]),
      );
    } catch (error) {
      if ((error as Error).message !== "ends") throw error;
    } finally {
      this.#depth--;
    }
    for (const known of leaving) {
      if (known.x.lease?.isLive === false && !known.x.lease.moved?.has(known.x.held)) {
        throw new Error("A result was left behind.");
      }
      this.#rescued(known);
    }
  }

  #switch(): void {
    if (!this.#start) return;
    if (this.#rng.float() < 0.5) setKernels(this.#pick(this.#kernels));
    else this.#start();
    if (!this.#kernels.includes(getKernels())) this.#kernels.push(getKernels());
  }

  #check(after: string): void {
    const wrong = wrongTensor(this.#all, this.seen) ?? wrongArray(this.#raws) ?? overlap(this.#all);
    if (wrong) throw new Error(`After ${after}: ${wrong}\n${this.log.join("\n")}`);
  }
}
