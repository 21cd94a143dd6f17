/**
 * How broad a test is. A property, or a table of cases that all go the same way, has two forms: the short one runs with every change
 * (`npm test`), the long one with `npm run test:long`, which CI runs last. Both draw from the same seed (test/setup.ts), so the short form is
 * the beginning of the long one.
 */

/** Whether the long forms run: SELECTRON_LONG=1 is set. */
export const isLong = process.env["SELECTRON_LONG"] === "1";

/** A number of runs, of cases, or the greatest length of inputs: the short form's or the long one's. */
export const breadth = ({ short, long }: { readonly short: number; readonly long: number }): number =>
  isLong ? long : short;
