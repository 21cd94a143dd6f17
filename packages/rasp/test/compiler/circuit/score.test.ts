/** Scores of found edges. */
import { expect, it } from "vitest";
import { circuitOf, compile, load, scoreEdges, type HookEdge } from "../../../src/index.js";

const reverse = load("reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);").sop("reverse");
const circuit = circuitOf(compile(reverse, { vocabulary: "ab", maxLength: 4 }), { equalLayers: true });

it("everything found, by other writings of the names", () => {
  const renamed = circuit.hooks.map((edge) =>
    edge.map((hook) => hook.replace(/\[(\d+)\]/, "[:, :, $1]").replace(/(hook_mlp_(in|out)|hook_embed)$/, "$1[:]")),
  ) as unknown as HookEdge[];
  expect(scoreEdges(circuit, renamed)).toEqual({
    ...{ right: circuit.hooks.length, missed: [], wrong: [], constant: 0, precision: 1, recall: 1 },
  });
});

it("some found, some wrong, some constant", () => {
  const constant = circuit.edges.find((edge) => edge.constant)!.hooks;
  const wrong = ["hook_embed", "blocks.1.hook_resid_post"] as const;
  const [first, second, ...others] = circuit.hooks;
  const found = [first!, second!, second!, constant, wrong];
  expect(scoreEdges(circuit, found)).toEqual({
    ...{ right: 2, missed: others, wrong: [wrong], constant: 1 },
    ...{ precision: 2 / 3, recall: 2 / circuit.hooks.length },
  });
});

it("nothing found", () => {
  expect(scoreEdges(circuit, [])).toMatchObject({ right: 0, precision: 1, recall: 0 });
});
