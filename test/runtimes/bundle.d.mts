export const sources: Readonly<Record<string, string>>;
export function bundle(
  input: string,
  options: {
    readonly format: "iife" | "es";
    readonly alias?: Readonly<Record<string, string>>;
    readonly external?: readonly RegExp[];
  },
): Promise<string>;
