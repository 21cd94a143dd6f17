/** How well a program's text does what a model does: run by the interpreter, with nothing else in between. */
import type { Evaluation as EvaluationType } from "../../language/interpret/evaluation.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { load, type Environment } from "../../language/environment.js";
import type { Vector } from "../../language/graph/soft.js";
import type { Attached } from "../../language/tables.js";
import type { Sequence } from "./data/sequences.js";
import { decide, sameDecision, type Observed } from "./data/observe.js";
import type { Task } from "./data/task.js";

/** A program's text, ready to run. Its `logits` are what it decides by. */
export class RunnableProgram {
  readonly #logits: Vector;

  readonly #task: Task;

  /** @throws RaspError if the text is no program with a vector `logits` */
  constructor(text: string, task: Task, tables?: Attached) {
    this.#task = task;

    const environment: Environment = load(text, { file: "program.rasp", ...(tables ? { tables } : {}) });
    this.#logits = environment.vector("logits");
  }

  /** Decisions at the scored positions. */
  decisions({ ids, offset, scored }: Sequence): number[][] {
    const evaluation: EvaluationType = new Evaluation(
      ids.map((id) => this.#task.vocabulary[id]!),
      offset,
    );
    const { basis, data } = evaluation.vector(this.#logits);
    const places = this.#task.vocabulary.map((token) => basis.find(token));
    return scored.map((i) =>
      decide(
        places.map((at) => (at < 0 ? 0 : data[i * basis.size + at]!)),
        this.#task.sigmoid,
      ),
    );
  }

  /** Whether every decision is the model's. */
  matches(observed: Observed): boolean {
    return this.decisions(observed).every((decision, i) => sameDecision(decision, observed.decisions[i]!));
  }
}

/** A share with its 95 % interval (Wilson 1927). */
export interface Share {
  readonly share: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

export function shareOf(right: number, of: number): Share {
  const z = 1.96;
  const share = right / of;
  const centre = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return { share, of, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
