/** Residual coordinates that are used again. */
import { describe, expect, it } from "vitest";
import { compile, verify } from "../../../src/index.js";
import { assemble, parameterCount } from "../../../src/compiler/layout/assemble.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { layOut } from "../../../src/compiler/layout/layout.js";
import { bestCandidate } from "../../../src/compiler/choose-plan.js";
import { certify } from "../../../src/compiler/certify/certify.js";
import { plan } from "../../../src/compiler/plan/planner.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { lessons, lessonSOp, type Lesson } from "../lessons.js";

const lesson = (name: string): Lesson => lessons.find((lesson) => lesson.name === name)!;

describe.each(["hist2_bos", "sort_by_most_freq", "dyck1_ptf", "dyck2_ptf", "dyck2_best"])("%s", (name) => {
  const { vocabulary } = lesson(name);
  const sop = lessonSOp(lesson(name));
  const maxLength = 4;
  const model = compile(sop, { vocabulary, maxLength });
  const { reused, labels } = model.layout!;

  it("uses coordinates again, and names both subspaces in their labels", () => {
    expect(reused.length).toBeGreaterThan(0);
    expect(labels.filter((label) => label.includes("; from layer ")).length).toBe(reused.length);
    expect(new Set(reused.map(({ coordinate }) => coordinate)).size).toBe(reused.length);
  });

  it("clears them exactly before the next subspace comes", () => {
    const inputs = [...everyInput(model.card.vocabulary, maxLength)];
    const seen = new Map<string, { data: Float32Array; width: number }>();
    for (const input of inputs) {
      model.values([input], (name, { data, shape }) => {
        if (name.endsWith(".residual")) seen.set(name, { data: data.slice(), width: shape.at(-1)! });
      });
      for (const { coordinate, layer } of reused) {
        const { data, width } = seen.get(`blocks.${layer - 1}.feedForward.residual`)!;
        for (let i = 0; i <= input.length; i++) expect(data[i * width + coordinate]).toBe(0);
      }
    }
    expect(verify(sop, model, { exhaustive: true }).ok).toBe(true);
  });

  it("has fewer weights than with a coordinate for each", () => {
    const domain = new Domain(model.card.vocabulary, maxLength, false);
    const { form, sops } = simplify([sop], domain);
    const { planned } = bestCandidate([sops.get(sop)!], domain, (view, careful) => {
      const planned = plan([sops.get(sop)!], form, view, { careful });
      return { planned, certificate: certify(planned, model.card.vocabulary, maxLength) };
    });
    const apart = layOut(planned, false);
    expect(apart.labels.length).toBe(model.stats.dModel + reused.length);
    expect(model.stats.parameters).toBeLessThan(parameterCount(planned, apart));
    const ids = model.card.vocabulary.map((_, v) => v + 1);
    for (const layout of [apart, layOut(planned, true)]) {
      expect(assemble(planned, layout, false, ids).model.parameterCount).toBe(parameterCount(planned, layout));
    }
  });
});

it("a trace stays right where coordinates are used again", () => {
  const model = compile(lessonSOp(lesson("sort_by_most_freq")), { vocabulary: "abc", maxLength: 4 });
  const { steps } = model.trace("abac");
  expect(steps.flatMap(({ sops }) => sops).every(({ agrees }) => agrees)).toBe(true);
  const cleared = model.layout!.reused.find(({ subspace }) => subspace.writer !== "embedding")!;
  expect(model.layout!.clearedAt(cleared.subspace)).toBe(cleared.layer);
});
