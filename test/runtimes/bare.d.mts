/** Its values are JSON, some of them the engine's own. */
export function bare(): Promise<{ readonly values: readonly string[] }>;
export function wasm(sources?: {
  readonly simd?: unknown;
  readonly relaxed?: unknown;
}): Promise<Record<string, string>>;
