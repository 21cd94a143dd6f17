/** What of a program is left in weights that were compiled and then trained: its answers, and its circuit. */
import type { SOp } from "../../language/graph/node.js";
import { ablateEdges, edgesOf } from "../circuit/index.js";
import type { AblationReport } from "../circuit/ablate.js";
import { stackOf } from "../circuit/stack.js";
import type { CompiledModel } from "../model/compiled-model.js";
import { verify, type VerifyReport } from "../verify/verify.js";

/** What of a program is left in trained weights. */
export interface Survival {
  /** The trained model against the interpreter. */
  readonly verified: VerifyReport;
  /** The edges of the compiled model's circuit, cut in the trained model: do the others do anything now, and are they still needed? */
  readonly ablation: AblationReport;
}

/** @param runs - random inputs that are verified */
export function survivalOf(
  program: SOp,
  compiled: CompiledModel,
  trained: CompiledModel,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Survival {
  const edges = edgesOf(compiled, stackOf(compiled.model));
  return {
    verified: verify(program, trained, { runs, seed }),
    ablation: ablateEdges(trained, stackOf(trained.model), edges, seed),
  };
}
