/** Ranges of addresses that are free, sorted, no two of them adjacent. */
export class FreeRanges {
  readonly #ranges: { start: number; end: number }[] = [];

  /** The start of the smallest range that is long enough, the first of several; undefined if there is none. Takes it, or a part. */
  take(length: number): number | undefined {
    let best: { start: number; end: number } | undefined;
    for (const range of this.#ranges) {
      const size = range.end - range.start;
      if (size >= length && (!best || size < best.end - best.start)) best = range;
    }
    if (!best) return undefined;
    const { start } = best;
    best.start += length;
    if (best.start === best.end) this.#ranges.splice(this.#ranges.indexOf(best), 1);
    return start;
  }

  /** Makes a range free; joins it with its neighbours. */
  give(start: number, end: number): void {
    const ranges = this.#ranges;
    let at = 0;
    while (at < ranges.length && ranges[at]!.start < start) at++;
    const [before, after] = [ranges[at - 1], ranges[at]];
    const [joinsBefore, joinsAfter] = [before?.end === start, after?.start === end];
    const joined = { start: joinsBefore ? before!.start : start, end: joinsAfter ? after!.end : end };
    ranges.splice(at - Number(joinsBefore), Number(joinsBefore) + Number(joinsAfter), joined);
  }

  /** Takes the range that starts at an address, if there is one: returns its end, and otherwise that address. */
  takeFrom(start: number): number {
    if (this.#ranges[0]?.start !== start) return start;
    return this.#ranges.shift()!.end;
  }
}
