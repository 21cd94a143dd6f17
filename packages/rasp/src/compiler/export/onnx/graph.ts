/** A graph in ONNX operators, as it is built. */
import { BOOL, CONSTANT, FLOAT, INT64, type OnnxNode, type OnnxTensor } from "./format.js";

/** A graph that grows: operations in order, and the constants that they read, each stored once. */
export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly #initializers: Map<string, OnnxTensor>;
  readonly #prefix: string;

  /**
   * @param around - the graph of which this is a part, and whose values it can read. Its constants are there, too.
   * @param prefix - of the names of its values
   */
  constructor(around?: Graph, prefix = "") {
    this.#initializers = around ? around.#initializers : new Map();
    this.#prefix = prefix;
  }

  get tensors(): readonly OnnxTensor[] {
    return [...this.#initializers.values()];
  }

  apply(operator: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}): string {
    return this.applyAll(operator, inputs, 1, attributes)[0]!;
  }

  /** Of an operator with several outputs. */
  applyAll(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: OnnxNode["attributes"] = {},
  ): readonly string[] {
    const name = `${this.#prefix}${operator}_${this.nodes.length}`;
    const outputs = Array.from({ length: count }, (_, o) => (o === 0 ? name : `${name}.${o}`));
    this.nodes.push({ operator, inputs, outputs, attributes });
    return outputs;
  }

  toInts(value: string): string {
    return this.apply("Cast", [value], { to: INT64 });
  }

  toBools(value: string): string {
    return this.apply("Cast", [value], { to: BOOL });
  }

  toFloats(value: string): string {
    return this.apply("Cast", [value], { to: FLOAT });
  }

  /** Gives a value a name for the users of the file. */
  name(value: string, name: string): void {
    this.nodes.push({ operator: "Identity", inputs: [value], outputs: [name], attributes: {} });
  }

  tensor(name: string, shape: readonly number[], data: OnnxTensor["data"]): string {
    this.#initializers.set(name, { name, shape, data });
    return name;
  }

  ints(values: readonly number[]): string {
    return this.tensor(`${CONSTANT}${values.join(" ")}`, [values.length], BigInt64Array.from(values, BigInt));
  }

  int(value: number): string {
    return this.tensor(`${CONSTANT}int ${value}`, [], BigInt64Array.of(BigInt(value)));
  }

  float(value: number): string {
    return this.tensor(`${CONSTANT}float ${value}`, [], Float32Array.of(value));
  }
}
