/**
 * What the kernels and their callers agree on. This file is compiled twice, as TypeScript into the package and as
 * AssemblyScript into the binaries, so it has only what both languages read alike: constants and enums.
 */

/** The unary operations by number. */
export enum Unary {
  neg,
  exp,
  log,
  sqrt,
  abs,
  tanh,
  sigmoid,
  erf,
  relu,
  gelu,
  geluExact,
}

/** The binary operations by number. */
export enum Binary {
  add,
  sub,
  mul,
  div,
}

/** Rows of a tile of a product, a power of two: assembly/tiles.ts is written for this number. */
export const TILE_ROWS = 4;
/** The most rows that sweep over the right matrix, and that it is not packed for. */
export const FEW_ROWS = 64;
/** The most rows that are multiplied by dot products. */
export const DOT_ROWS = 12;
/** The most rows of the right matrix that count in the choice of an algorithm. */
export const READ_K = 512;
/** Rows of the right matrix that few rows sweep over in four streams: the order of the sums, which pieces of a product keep. */
export const SWEPT_ROWS = 64;
/** Tiles of few rows read so many bytes of the right matrix in place; few rows sweep over a larger one. */
export const FEW_IN_PLACE_BYTES = 262_144;

/** Queries of a tile of attention. */
export const TILE_QUERIES = 32;

/**
 * The words, of 4 bytes each, of the block that describes attention to a kernel: what all heads of a batch row have in
 * common. Addresses and row strides are in bytes; `factor` is a float.
 */
export enum Setup {
  queries,
  keys,
  width,
  valueWidth,
  factor,
  queryRow,
  keyRow,
  valueRow,
  outRow,
  outGradientRow,
  queryGradientRow,
  keyGradientRow,
  valueGradientRow,
  /** 0, or per key an i32 that is not 0 where it is hidden. */
  hidden,
  /** Row stride of the bias. */
  biasRow,
  /** 0, or u8 [⌈queries / blockSize⌉, ⌈keys / blockSize⌉], 0 where masked. */
  blocks,
  blockSize,
  /** How many earlier and later keys a query sees; the largest i32 for all. */
  before,
  after,
  /** Of lists: i32 [queries + 1]; query i sees keys listed[starts[i]] to listed[starts[i + 1] − 1]. */
  starts,
  listed,
  /** How many words there are. */
  words,
}
