/** A program's text, run by the interpreter alone: what its match is measured on. */
import { load } from "../../language/environment.js";
import type { Vector } from "../../language/graph/soft.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import type { Attached } from "../../language/tables.js";
import { decide, sameDecision, type Observed } from "./data/observe.js";
import type { Sequence } from "./data/sequences.js";
import type { Task } from "./data/task.js";

/** A text that decides by its vector `logits`. */
export class RunnableProgram {
  readonly #logits: Vector;

  readonly #task: Task;

  /** @throws RaspError if the text is no program with a vector `logits` */
  constructor(text: string, task: Task, tables?: Attached) {
    this.#task = task;
    this.#logits = load(text, { file: "program.rasp", ...(tables ? { tables } : {}) }).vector("logits");
  }

  /** The predicted ids at each scored position. */
  decisions({ ids, offset, scored }: Sequence): number[][] {
    const tokens = ids.map((id) => this.#task.vocabulary[id]!);
    const { basis, data } = new Evaluation(tokens, offset).vector(this.#logits);
    const components = this.#task.vocabulary.map((token) => basis.find(token));
    return scored.map((i) =>
      decide(
        components.map((c) => (c < 0 ? 0 : data[i * basis.size + c]!)),
        this.#task.sigmoid,
      ),
    );
  }

  /** Whether every decision is the model's. */
  matches(observed: Observed): boolean {
    return this.decisions(observed).every((decision, i) => sameDecision(decision, observed.decisions[i]!));
  }
}
