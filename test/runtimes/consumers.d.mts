export function installPacked(folder: string): ReadonlyMap<string, readonly string[]>;
export const resolutions: Readonly<Record<string, readonly [string, string, string]>>;
export function compileConsumer(folder: string, compiler: string, resolution: string): string;
