/**
 * One recurrent layer: LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000) or GRU (Cho et al. 2014, arXiv
 * 1406.1078), in the form and with the order of gates that PyTorch has. With a = x · W + b and s = h · U + c, split into gates:
 * - LSTM, gates i, f, g, o: c' = σ(f) · c + σ(i) · tanh(g), h' = σ(o) · tanh(c'), each gate of a + s;
 * - GRU, gates r, z, n: h' = (1 − z) · tanh(a_n + r · s_n) + z · h, with r and z the σ of their gates of a + s.
 */
import { checks, ShapeError, stack, zeros, type Tensor } from "@selectron/core";
import { Linear } from "../layers/linear.js";
import { checkScope, type ParameterScope } from "../parameters.js";

/** Which recurrence a layer has. */
export type RecurrentKind = "lstm" | "gru";

/** What a recurrent layer carries from token to token, each [B, hidden]: its output and, of an LSTM, the cell. */
export type RecurrentState = readonly Tensor[];

/** Inputs of a pass besides x. */
export interface RecurrentInput {
  /** The state before the first token, zeros by default. */
  readonly state?: RecurrentState | undefined;
  /** [B, n], not 0 where a token is padding: there the state stays as it is. */
  readonly hiddenKeys?: Tensor | undefined;
  /** Whether the layer reads from the last token to the first; false by default. */
  readonly reverse?: boolean | undefined;
}

/** The kinds, as configurations check them. */
export const aRecurrentKind = checks.oneOf(["lstm", "gru"]);

const GATES: Readonly<Record<RecurrentKind, number>> = { lstm: 4, gru: 3 };

const inputKinds = {
  state: checks.aList("a state, as forward and step give it", checks.aTensor),
  hiddenKeys: checks.aTensor,
  reverse: checks.aFlag,
};

/** A layer with its parameters "input" [inputs, gates · hidden] and "state" [hidden, gates · hidden], each with a bias. */
export class Recurrent {
  static {
    checks.guardMethods(this);
  }

  readonly kind: RecurrentKind;
  /** Width of the state. */
  readonly hidden: number;
  readonly #input: Linear;
  readonly #state: Linear;

  constructor(scope: ParameterScope, kind: RecurrentKind, inputs: number, hidden: number) {
    checkScope("Recurrent", scope);
    checks.check("Recurrent: kind", kind, aRecurrentKind);
    checks.check("Recurrent: inputs", inputs, checks.anInteger(1));
    checks.check("Recurrent: hidden", hidden, checks.anInteger(1));
    this.kind = kind;
    this.hidden = hidden;
    this.#input = new Linear(scope.child("input"), inputs, GATES[kind] * hidden);
    this.#state = new Linear(scope.child("state"), hidden, GATES[kind] * hidden);
  }

  /** x [B, n, inputs] → the output at every token [B, n, hidden] and the state after the last one that is read. Throws a ShapeError on other shapes. */
  forward(x: Tensor, input: RecurrentInput = {}): { outputs: Tensor; state: RecurrentState } {
    checks.check("Recurrent.forward: x", x, checks.aTensor);
    checks.checkOptions("Recurrent.forward", input, inputKinds);
    if (x.rank !== 3) {
      throw new ShapeError(`Recurrent.forward: x is [${x.shape.join(", ")}]; it must be [batch, length, width].`);
    }
    const { hiddenKeys, reverse = false } = input;
    const [batch, length] = x.shape as [number, number, number];
    if (hiddenKeys && hiddenKeys.shape.join() !== `${batch},${length}`) {
      throw new ShapeError(
        `Recurrent.forward: hiddenKeys is [${hiddenKeys.shape.join(", ")}]; it must be [${batch}, ${length}].`,
      );
    }
    const ofInput = this.#input.forward(x);
    let state = this.#stateOf(batch, input.state);
    const outputs = new Array<Tensor>(length);
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const before = state;
      state = this.#advance(ofInput.slice(t, t + 1, 1).reshape([batch, ofInput.shape[2]!]), state);
      const padded = hiddenKeys?.slice(t, t + 1, 1);
      if (padded) state = state.map((after, s) => padded.where(before[s]!, after));
      outputs[t] = state[0]!;
    }
    return { outputs: length === 0 ? zeros([batch, 0, this.hidden]) : stack(outputs, 1), state };
  }

  /** One token: x [B, inputs] and the state before it → the state after it, whose first tensor is the output. Throws a ShapeError on other shapes. */
  step(x: Tensor, state?: RecurrentState): RecurrentState {
    checks.check("Recurrent.step: x", x, checks.aTensor);
    checks.checkGiven("Recurrent.step: state", state, inputKinds.state);
    if (x.rank !== 2) {
      throw new ShapeError(`Recurrent.step: x is [${x.shape.join(", ")}]; it must be [batch, width].`);
    }
    return this.#advance(this.#input.forward(x), this.#stateOf(x.shape[0]!, state));
  }

  /** @throws ShapeError if a given state is another layer's */
  #stateOf(batch: number, given: RecurrentState | undefined): RecurrentState {
    const count = this.kind === "lstm" ? 2 : 1;
    if (!given) return Array.from({ length: count }, () => zeros([batch, this.hidden]));
    const fits = given.length === count && given.every(({ shape }) => shape.join() === `${batch},${this.hidden}`);
    if (fits) return given;
    throw new ShapeError(
      `Recurrent: the state of a ${this.kind} layer is ${count === 1 ? "a tensor" : "two tensors"} of [${batch}, ${this.hidden}]; ` +
        `this one has ${given.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ") || "none"}.`,
    );
  }

  #advance(ofInput: Tensor, before: RecurrentState): RecurrentState {
    const ofState = this.#state.forward(before[0]!);
    const gate = (x: Tensor, g: number): Tensor => x.slice(g * this.hidden, (g + 1) * this.hidden, 1);
    if (this.kind === "lstm") {
      const gates = ofInput.add(ofState);
      const [i, f, g, o] = [0, 1, 2, 3].map((n) => gate(gates, n)) as [Tensor, Tensor, Tensor, Tensor];
      const cell = f.sigmoid().mul(before[1]!).add(i.sigmoid().mul(g.tanh()));
      return [o.sigmoid().mul(cell.tanh()), cell];
    }
    const [r, z] = [0, 1].map((n) => gate(ofInput, n).add(gate(ofState, n)).sigmoid()) as [Tensor, Tensor];
    const n = gate(ofInput, 2)
      .add(r.mul(gate(ofState, 2)))
      .tanh();
    return [n.add(z.mul(before[0]!.sub(n)))];
  }
}
