import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { FLOAT32 } from "../../../src/compiler/plan/ir/arithmetic.js";
import { EmbeddingBasis } from "../../../src/compiler/layout/embedding-basis.js";
import { embeddingSubspace } from "../../../src/compiler/plan/features/encoding.js";

type Read = readonly number[];

/** Classes by the whole column of each value, functions by comparing each with all before it. */
function plainBasis(values: number, reads: readonly Read[]): Read[] {
  const columns = Array.from({ length: values }, (_, v) => reads.map((read) => read[v]!).join());
  const read = new Set(columns.filter((column) => /[1-9]/.test(column)));
  const classes = [...read].map((column) => columns.map((other) => Number(other === column)));
  const functions: Read[] = [];
  for (const read of reads) {
    if (read.some((c) => c !== 0) && !functions.some((known) => factorOf(read, known) !== undefined)) {
      functions.push(read);
    }
  }
  return functions.length < classes.length ? functions : classes;
}

function factorOf(read: Read, known: Read): number | undefined {
  const factor = read[known.findIndex((c) => c !== 0)]! / known.find((c) => c !== 0)!;
  const isMultiple = factor !== 0 && known.every((c, v) => c * factor === read[v]);
  return isMultiple && Math.fround(factor) === factor ? factor : undefined;
}

/** What a read of the basis gives for each value. */
const given = ({ vectors, express }: EmbeddingBasis, read: Read): number[] =>
  read.map((_, v) => express(read).reduce((sum, [index, weight]) => sum + weight * vectors[index]![v]!, 0));

describe("the coordinates of an embedding", () => {
  it("are the classes or the functions that plain comparisons find, and give every read", () => {
    const rng = new Rng(5);
    const kinds = new Set<string>();
    for (let run = 0; run < 300; run++) {
      const values = 1 + rng.int(8);
      const reads: Read[] = [];
      for (let r = rng.int(7); r >= 0; r--) {
        const known = reads[rng.int(reads.length + 2)];
        const factor = [2, -1, 1 / 3, 3][rng.int(4)]!;
        const fresh = Array.from({ length: values }, () => (rng.float() < 0.5 ? 0 : rng.int(7) - 3));
        reads.push(known ? known.map((c) => factor * c + 0) : fresh.map((c) => c + 0));
      }
      const subspace = embeddingSubspace(
        "tokens",
        Array.from({ length: values }, (_, v) => `t${v}`),
      );
      const basis = new EmbeddingBasis(subspace, reads, FLOAT32);
      expect(basis.vectors, JSON.stringify(reads)).toEqual(plainBasis(values, reads));
      for (const read of reads) expect(given(basis, read)).toEqual(read.map((c) => expect.closeTo(c, 12) as number));
      kinds.add(basis.labels.some((label) => label.includes("function")) ? "functions" : "classes");
    }
    expect(kinds).toEqual(new Set(["functions", "classes"]));
  });
});
