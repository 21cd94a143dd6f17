/** The same model without labels, and with residual coordinates and hidden units in random order. */
import { Rng, tensor, type Tensor } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { CompiledModel } from "../../../src/index.js";

export function disguised({ model, card }: CompiledModel, seed: number): CompiledModel {
  const rng = new Rng(seed);
  const residual = shuffled(card.config.dModel, rng);
  const hidden = card.config.blocks.map(({ dFf }) => shuffled(dFf, rng));
  const parameters = new Map<string, Tensor>();
  for (const [name, value] of model.parameters()) {
    const layer = Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? 0);
    parameters.set(name, reordered(name, value, residual, hidden[layer] ?? []));
  }
  const { certificate } = card;
  return new CompiledModel(new TransformerEncoder(card.config, parameters), {
    ...card,
    name: "model",
    outputs: card.outputs.map((output, n) => ({ ...output, name: n === 0 ? "result" : `result${n}` })),
    labels: [],
    heads: [],
    certificate: { ...certificate, where: "", bounds: [] },
  });
}

function shuffled(length: number, rng: Rng): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function reordered(name: string, value: Tensor, residual: readonly number[], hidden: readonly number[]): Tensor {
  const [rows, columns] = value.shape.length === 2 ? value.shape : [1, value.shape[0]];
  const asIs = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const readsResidual = /(query|key|value|hidden|unembedding)\.weight$/.test(name);
  const writesResidual = /embedding\.(token|position)|(attention|feedForward)\.output/.test(name);
  const rowOrder = readsResidual ? residual : /feedForward\.output\.weight/.test(name) ? hidden : asIs(rows!);
  const columnOrder = writesResidual ? residual : /feedForward\.hidden/.test(name) ? hidden : asIs(columns!);
  const data = new Float32Array(rows! * columns!);
  rowOrder.forEach((r, i) => columnOrder.forEach((c, j) => (data[i * columns! + j] = value.data[r * columns! + c]!)));
  return tensor(data, [...value.shape]);
}
