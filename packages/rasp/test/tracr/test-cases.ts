/** The programs of tracr's own integration tests, by the names of the tests, and those that it refuses to compile. */
import { add, aggregate, indices, le, lt, map, ne, select, sub, tracr, type Plain, type SOp } from "../../src/index.js";

const { tokens } = tracr;
const numbers = tokens as SOp as SOp<number>;

/** What a program depends on beside its name. */
export interface Setting {
  readonly vocab: readonly Plain[];
  readonly maxLength: number;
}

/** The keys of sorts: numbers themselves, and for letters the positions from the end. */
const keysOf = ({ vocab }: Setting): SOp<number> => (typeof vocab[0] === "string" ? sub(1, indices) : numbers);

const BRACKETS: Readonly<Record<string, string>> = { "1": "l", "2": "(", "3": ")" };

const PROGRAMS: readonly (readonly [RegExp, (match: RegExpExecArray, setting: Setting) => SOp])[] = [
  [
    /frac_prevs_(\d)$/,
    ([, n]) => tracr.makeFracPrevs(map((token: string) => token === BRACKETS[n!], tokens as SOp<string>)),
  ],
  [/shift_by_(one|two|three)/, ([, n]) => tracr.shiftBy(["one", "two", "three"].indexOf(n!) + 1, tokens)],
  [/detect_pattern_([a-z]+)/, ([, pattern]) => tracr.detectPattern(tokens, pattern!)],
  [/reverse/, () => tracr.makeReverse(tokens)],
  [/length/, () => tracr.makeLength()],
  [/hist/, () => tracr.makeHist()],
  [/pair_balance/, () => tracr.makePairBalance(tokens, "(", ")")],
  [/shuffle_dyck2/, () => tracr.makeShuffleDyck2()],
  [/shuffle_dyck/, () => tracr.makeShuffleDyck(["()"])],
  [/sort_unique/, (_, setting) => tracr.makeSortUnique(tokens, keysOf(setting))],
  [/sort_freq/, (_, { maxLength }) => tracr.makeSortFreq(maxLength)],
  [/sort/, (_, setting) => tracr.makeSort(tokens, keysOf(setting), setting.maxLength, 1)],
  [/count_less_freq/, () => tracr.makeCountLessFreq(2)],
  [/count/, () => tracr.makeCount(tokens, "a")],
  [
    /nary_sequencemap_1/,
    () => tracr.makeNarySequencemap((x: number, y: number, z: number) => x + y - z, tokens, tokens, indices),
  ],
  [
    /nary_sequencemap_2/,
    () => tracr.makeNarySequencemap((x: number, y: number, z: number) => (x * y) / z, indices, indices, tokens),
  ],
];

/** @throws Error for a name that tracr does not use */
export function testCaseProgram(name: string, setting: Setting): SOp {
  for (const [pattern, make] of PROGRAMS) {
    const match = pattern.exec(name);
    if (match) return make(match, setting);
  }
  throw new Error(`no case of tracr is called ${name}`);
}

const before = select(indices, indices, le);

/** tracr refuses these because of its encodings; here they are programs like any other. The vocabulary is 1, 2, 3. */
export const REFUSED_BY_TRACR: Readonly<Record<string, SOp>> = {
  numerical_categorical_aggregate: aggregate(before, numbers, 0),
  categorical_numerical_aggregate: aggregate(before, tracr.makeFracPrevs(map((x: number) => x === 1, numbers)), 0),
  numerical_numerical_aggregate: aggregate(before, numbers, 0),
  aggregate_with_not_None_default: aggregate(select(numbers, numbers, ne), numbers, 1),
  numerical_selector: aggregate(select(numbers, numbers, lt), numbers, 0),
  numerical_SequenceMap: map((x: number, y: number) => x * y, numbers, tracr.makeHist()),
  numerical_indices: aggregate(before, indices, 0),
  numerical_tokens: add(numbers, tracr.makeFracPrevs(map((x: number) => x === 1, numbers))),
  categorical_Linear: sub(numbers, indices),
};
