/** Whether an object can be a backend. */
import { aFunction, aText, check } from "../checks.js";
import type { Kernels } from "./kernels.js";

/** Throws a TypeError unless an object has every kernel of the reference. */
export function checkKernels(operation: string, kernels: Kernels, reference: Kernels): void {
  check(`${operation}: kernels.name`, (kernels as Kernels | null | undefined)?.name, aText);
  for (const [name, kernel] of Object.entries(reference)) {
    if (typeof kernel !== "function") continue;
    check(
      `${operation}: kernels.${name}`,
      (kernels as Kernels | null | undefined)?.[name as keyof Kernels],
      aFunction(),
    );
  }
}
