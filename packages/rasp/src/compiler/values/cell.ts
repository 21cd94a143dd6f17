/** The index in tables of a position of inputs of a length. */
export const cell = (length: number, position: number): number => (length * (length - 1)) / 2 + position;
