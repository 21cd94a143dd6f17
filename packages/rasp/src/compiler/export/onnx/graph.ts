/** A graph in ONNX operators, as it is built. */
import { CONSTANT, FLOAT, INT64, type OnnxNode, type OnnxTensor } from "./format.js";

/** A graph that grows: operations in order, each with one output, and the constants that they read, each stored once. */
export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();

  get tensors(): readonly OnnxTensor[] {
    return [...this.#initializers.values()];
  }

  apply(operator: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}): string {
    const output = `${operator}_${this.nodes.length}`;
    this.nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  toInts(value: string): string {
    return this.apply("Cast", [value], { to: INT64 });
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
