/** Sorting by small whole numbers, in linear time. */

/** The first index of each class when the elements are sorted by class, and their number as a last entry. */
export function starts(classes: Int32Array, count: number): Int32Array {
  const start = new Int32Array(count + 1);
  for (let i = 0; i < classes.length; i++) start[classes[i]! + 1]!++;
  for (let c = 0; c < count; c++) start[c + 1]! += start[c]!;
  return start;
}

/** 0, 1, 2, … */
export function countUp(length: number): Int32Array<ArrayBuffer> {
  const numbers = new Int32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = i;
  return numbers;
}

/** A stable counting sort of `order`, which has all elements, by the class of each. */
export function sortedBy(classes: Int32Array, count: number, order: Int32Array): Int32Array<ArrayBuffer> {
  if (count > 1 && ascend(classes, order)) return order.slice();
  const next = starts(classes, count);
  const sorted = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) sorted[next[classes[order[i]!]!]!++] = order[i]!;
  return sorted;
}

/** Whether the elements are sorted by class. */
function ascend(classes: Int32Array, order: Int32Array): boolean {
  for (let i = 1; i < order.length; i++) if (classes[order[i]!]! < classes[order[i - 1]!]!) return false;
  return true;
}
