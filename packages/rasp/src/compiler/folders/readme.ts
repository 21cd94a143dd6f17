/** The README of a model's folder, its model card for people. */
import type { EncoderConfig } from "@selectron/nn";
import { describeAtom } from "../../language/atom/text.js";
import type { ModelCard } from "../model/model-card.js";

/** What differs from format to format. */
export interface FolderReadme {
  readonly sizes: EncoderConfig;
  /** Python that loads the model and asks it. */
  readonly loading: string;
  readonly files: readonly (readonly [name: string, what: string])[];
}

/** The line of `circuit.json`. */
export const CIRCUIT = [
  "circuit.json",
  "the circuit: which nodes compute which s-ops of the program, where, and who reads them; the program's text; hooks of its edges",
] as const;

/** The text in Markdown, without a newline at the end. */
export function modelReadme(card: ModelCard, { sizes, loading, files }: FolderReadme): string {
  const { heads, dHead, dFf } = sizes.blocks[0]!;
  return `# ${card.name}

A Transformer whose mechanism is known: the RASP program \`${card.name}\`, compiled to weights by Selectron. It was not trained.

- Inputs: up to ${card.maxLength} tokens of ${card.vocabulary.map((token) => `\`${describeAtom(token)}\``).join(", ")}. Id 0 is BOS and comes first; token v of this list has id v + 1.
- Answers, at each position: ${card.outputs.map(({ name, decoding }) => `\`${name}\`, ${columnsOf(decoding)}`).join("; ")}. Position 0 means nothing.
- ${sizes.blocks.length} layers of ${heads} heads, d_model ${sizes.dModel}, d_head ${dHead}, ${dFf} hidden units; ${sizes.causal === true ? "causal" : "every position sees every other"}. ReLU, no layer norm.
- ${certificateLine(card)}

\`\`\`python
${loading}
\`\`\`

${[
  ...files,
  [
    "card.json",
    "vocabulary, decoding, what each head and each residual coordinate is for, and the certificate",
  ] as const,
]
  .map(([name, what]) => `- \`${name}\`: ${what}`)
  .join("\n")}`;
}

const columnsOf = ({ kind, classes, points }: ModelCard["outputs"][number]["decoding"]): string =>
  kind === "categorical"
    ? `the class with the largest of ${classes.length} logits`
    : `the class whose point is nearest to ${points![0]!.length === 1 ? "the logit" : `${points![0]!.length} logits`}`;

function certificateLine({ certificate, promise }: ModelCard): string {
  const inputs = promise === undefined ? "every input" : "every input that keeps the promise";
  const [, longest] = certificate.provedFor.lengths;
  if (certificate.proved) {
    return `Proved for float32: it answers ${inputs} of 1 to ${longest} tokens as the program does, whatever the order of the sums.`;
  }
  return `Not proved: ${certificate.where}.`;
}
