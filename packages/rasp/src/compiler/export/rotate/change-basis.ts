/** The weights of an encoder in another basis of its residual stream, with its heads' bases mixed. */
import { tensor, type Rng, type Tensor } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { headBases, type Basis } from "./basis.js";
import { times, transposed, type Matrix } from "./matrix.js";

/** The same function of tokens, up to rounding. The model has no layer norm. */
export function inBasis(model: TransformerEncoder, { directions, readers }: Basis, rng: Rng): TransformerEncoder {
  const { config } = model;
  const parameters = model.parameters();
  const changed = new Map<string, Tensor>();
  const plain = (name: string): Matrix => matrixOf(parameters.get(name)!);
  const set = (name: string, { data }: Matrix): void => {
    changed.set(name, tensor(Float32Array.from(data), parameters.get(name)!.shape));
  };
  const [write, read] = [
    (name: string): void => set(name, times(plain(name), directions)),
    (name: string): void => set(name, times(readers, plain(name))),
  ];
  write("embedding.token.weight");
  write("embedding.position.weight");
  config.blocks.forEach(({ heads, dHead, dFf }, layer) => {
    const [attention, feedForward] = [`blocks.${layer}.attention`, `blocks.${layer}.feedForward`];
    if (heads > 0) {
      const scoreBases = Array.from({ length: heads }, () => headBases(dHead, rng));
      const valueBases = Array.from({ length: heads }, () => headBases(dHead, rng));
      const mixed = (name: string, bases: readonly Matrix[]): void => {
        set(`${attention}.${name}.weight`, times(readers, perHead(plain(`${attention}.${name}.weight`), bases)));
        set(`${attention}.${name}.bias`, perHead(plain(`${attention}.${name}.bias`), bases));
      };
      mixed(
        "query",
        scoreBases.map(({ a }) => a),
      );
      mixed(
        "key",
        scoreBases.map(({ b }) => b),
      );
      mixed(
        "value",
        valueBases.map(({ a }) => a),
      );
      // a · bᵀ = I, so that bᵀ undoes a.
      const output = transposed(
        perHead(
          transposed(plain(`${attention}.output.weight`)),
          valueBases.map(({ b }) => b),
        ),
      );
      set(`${attention}.output.weight`, times(output, directions));
      write(`${attention}.output.bias`);
    }
    if (dFf > 0) {
      read(`${feedForward}.hidden.weight`);
      set(`${feedForward}.hidden.bias`, plain(`${feedForward}.hidden.bias`));
      write(`${feedForward}.output.weight`);
      write(`${feedForward}.output.bias`);
    }
  });
  read("unembedding.weight");
  set("unembedding.bias", plain("unembedding.bias"));
  return new TransformerEncoder(config, changed);
}

/** Each head's columns times its matrix. */
function perHead(matrix: Matrix, bases: readonly Matrix[]): Matrix {
  const { rows, columns, data } = matrix;
  const result = new Float64Array(data.length);
  let from = 0;
  for (const basis of bases) {
    const part = Float64Array.from({ length: rows * basis.rows }, (_, at) => {
      return data[Math.floor(at / basis.rows) * columns + from + (at % basis.rows)]!;
    });
    const product = times({ rows, columns: basis.rows, data: part }, basis);
    for (let r = 0; r < rows; r++) {
      result.set(product.data.subarray(r * basis.columns, (r + 1) * basis.columns), r * columns + from);
    }
    from += basis.rows;
  }
  return { rows, columns, data: result };
}

function matrixOf({ data, shape }: Tensor): Matrix {
  const columns = shape.at(-1)!;
  return { rows: shape.length === 1 ? 1 : shape[0]!, columns, data: Float64Array.from(data) };
}
