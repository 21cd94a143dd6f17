export declare const BUDGETS: readonly {
  readonly name: string;
  readonly code: string;
  readonly external?: readonly string[];
  readonly most: number;
}[];
export declare function overBudget(sizes: ReadonlyMap<string, number>): readonly string[];
