/** Tokens that no literal of RASP can have. */
import { randn, Rng } from "@selectron/core";
import { Gpt2, gpt2Config, gpt2Shapes } from "@selectron/nn";
import { decompile, parseData, readTask } from "@selectron/rasp/decompile";
import { expect, it } from "vitest";

it("writes the same program whatever the tokens are called, though no literal can have some names", () => {
  const config = gpt2Config({ n_layer: 1, n_head: 1, n_embd: 4, n_positions: 8, vocab_size: 5 });
  const model = new Gpt2(
    config,
    new Map([...gpt2Shapes(config)].map(([name, shape], i) => [name, randn(shape, new Rng(i))])),
  );
  const rng = new Rng(2);
  const lines = Array.from({ length: 60 }, () =>
    JSON.stringify({ input_ids: Array.from({ length: 4 + rng.int(4) }, () => rng.int(5)) }),
  );
  const decompiled = (vocab: readonly string[]) => {
    const task = readTask({ vocab }, 5);
    return decompile(model, task, parseData(lines.join("\n"), task, 8), { seed: 1, clock: { expired: () => true } });
  };
  const plain = decompiled(["”", "␊x", "\\", "␊x′", "\t"]);
  const other = decompiled(['"', "\nx", "\\", "␊x", "\t"]);
  expect(plain.renamed).toEqual([]);
  expect(other.renamed).toEqual([
    { token: '"', name: "”" },
    { token: "\nx", name: "␊x′" },
  ]);
  const inOrder = (text: string) => text.replaceAll('"␊x′"', "§").replaceAll('"␊x"', "¶");
  expect(inOrder(plain.best)).toBe(inOrder(other.best).replaceAll("§", "%").replaceAll("¶", "§").replaceAll("%", "¶"));
  expect(plain.match).toEqual(other.match);
  expect(plain.match.share).toBeGreaterThan(0);
});
