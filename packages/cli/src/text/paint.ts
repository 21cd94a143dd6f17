/** Colours for terminals. `NO_COLOR` (no-color.org) and `TERM=dumb` turn them off; pipes never get any. */

export interface Paint {
  readonly dim: (text: string) => string;
  /** A rendered diagnostic, with its kind, marks and help in colour. */
  readonly diagnostic: (text: string) => string;
  /** A drawn selector, with the selected cells in colour. */
  readonly answer: (text: string) => string;
}

export const plain: Paint = { dim: (text) => text, diagnostic: (text) => text, answer: (text) => text };

const sgr =
  (code: number) =>
  (text: string): string =>
    `\x1b[${code}m${text}\x1b[0m`;
const [bold, dim, red, green, yellow, cyan] = [1, 2, 31, 32, 33, 36].map(sgr) as [
  typeof plain.dim,
  typeof plain.dim,
  typeof plain.dim,
  typeof plain.dim,
  typeof plain.dim,
  typeof plain.dim,
];

const coloured: Paint = {
  dim,
  diagnostic: (text) =>
    text
      .replace(
        /^(.*?)(error RASP\d+|^error|warning RASP\d+)(: .*)$/gm,
        (_, place: string, kind: string, rest: string) =>
          [dim(place), (kind.startsWith("warning") ? yellow : red)(kind), bold(rest)].join(""),
      )
      .replace(/^( +\| *\t*)(\^+)$/gm, (_, gap: string, marks: string) => gap + red(marks))
      .replace(/^ {2}help: /gm, `  ${cyan("help:")} `),
  answer: (text) =>
    text.replace(
      /^( +\S.*? \| )([ 1]+)$/gm,
      (_, label: string, row: string) => label + row.replace(/1+/g, (ones) => green(ones)),
    ),
};

/** The colours for a stream of this kind. */
export function paintFor(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const { NO_COLOR, TERM } = environment;
  return isTerminal && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb" ? coloured : plain;
}
