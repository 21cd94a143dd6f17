/** The check that both tokens and padding go through: a batch is a list of rows of one length. */

/** Throws a RangeError, which ends in the advice, if a row has another length. */
export function checkRows(name: string, rows: readonly (readonly unknown[])[], length: number, advice: string): void {
  rows.forEach((row, b) => {
    if (row.length !== length) {
      throw new RangeError(`${name}: row ${b} has length ${row.length}, but ${length} is expected. ${advice}`);
    }
  });
}
