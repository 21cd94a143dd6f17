/** What to try where a training did not reach its goal. */

/**
 * @param usual - the number of steps that is the default
 * @param otherwise - what can be changed besides, where that many were taken
 */
export function advice(steps: number, usual: number, otherwise: readonly string[]): string {
  const remedies =
    steps < usual
      ? [`train longer: this was ${steps} steps, and the default is ${usual}, without --steps`]
      : [`train longer, with --steps ${2 * steps}`, ...otherwise];
  return `  help: ${remedies.join(", or ")}; -o names another folder for it`;
}
