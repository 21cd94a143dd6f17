/** What TypeScript infers from the arguments of combinators. */

/** `number` for 3, `string` for "a": a literal's type. */
export type Widened<T> = T extends number ? number : T extends string ? string : T extends boolean ? boolean : T;

/** Nothing is inferred from a use of this. TypeScript has the same from 5.4 on; declarations are read from 5.0 on. */
export type NoInfer<T> = [T][T extends unknown ? 0 : never];
