/**
 * What users give and get. Declarations of this file need no types of a host: where TypeScript knows no `URL` or `WebAssembly`, there are
 * none to give.
 */

/** A URL object. */
type HostUrl = typeof globalThis extends { URL: { prototype: infer T } } ? T : never;
/** A module that the host has compiled. */
export type HostModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : never;

/** The binary: its bytes, or a module that the host has compiled. */
export type CompiledSource = ArrayBuffer | ArrayBufferView | HostModule;

/** Where the WebAssembly comes from: bytes, a place to fetch them from, or a module that the host has compiled. */
export type WasmSource = CompiledSource | HostUrl | string;

/** What `enableWasm` takes. */
export interface WasmOptions {
  /** The binary, where the inlined one cannot be compiled: its bytes, their URL, or a compiled module. */
  readonly source?: WasmSource | undefined;
}

/** What was registered. */
export interface WasmStatus {
  /** "relaxed-simd" after `enableRelaxedWasm` of `@selectron/wasm-simd/relaxed`. */
  readonly variant: "simd" | "relaxed-simd";
  /** 1; more with `enableThreads` of `@selectron/wasm-simd/threads`. */
  readonly threads: number;
}
