/** The model card of a GPT-2's folder: what the program is, how to load it, and what is proved of it. */
import type { Gpt2Config } from "@selectron/nn";
import type { Vocabulary } from "./vocabulary.js";

/** What the card tells. */
export interface Described {
  readonly name: string;
  /** The longest input, without BOS. */
  readonly maxLength: number;
  /** In words, without a full stop. */
  readonly certificate: string;
  /** RASP text that sets `promise`, if inputs are promised to be something. */
  readonly promise: string | undefined;
  /** The program as RASP, if it can be written so. */
  readonly source: string | undefined;
}

/** `README.md`. */
export function readme(config: Gpt2Config, vocabulary: Vocabulary, described: Described): string {
  const { name, maxLength, certificate, promise, source } = described;
  const { texts, inputs, classes } = vocabulary;
  const quoted = (entries: readonly string[]): string =>
    entries.map((text) => `\`${JSON.stringify(text)}\``).join(", ");
  const answers = texts.filter((_, entry) => classes[entry] !== undefined);
  const example = exampleText(texts.slice(1, inputs), maxLength);
  return (
    [
      "---\nlibrary_name: transformers\npipeline_tag: text-generation\ntags: [selectron, rasp, interpretability, ground-truth]\n---",
      `# ${inline(name)}`,
      `A GPT-2 that computes a known program: the s-op \`${inline(name)}\`, compiled to weights by Selectron. At each position the entry of the vocabulary with the largest logit is the program's value there, for every input of 1 to ${maxLength} tokens after \`${texts[0]}\`.`,
      table([
        ["tokens", quoted(texts.slice(1, inputs))],
        ["answers", quoted(answers)],
        ["layers, heads", `${config.layers}, ${config.heads}`],
        ["n_embd, n_inner", `${config.dModel}, ${config.dFf}`],
        ["certificate", certificate],
      ]),
      ...(promise === undefined
        ? []
        : [`Inputs are promised to be those on which this is True at every position:\n\n${fenced("python", promise)}`]),
      ...(source === undefined ? [] : [`## The program\n\n${fenced("python", source)}`]),
      `## Use\n\n${fenced("python", PYTHON.replaceAll("TEXT", example))}\n\n${fenced("js", JAVASCRIPT.replaceAll("TEXT", example))}`,
      `\`selectron verify --format gpt2 FOLDER PROGRAM.rasp --exhaustive\` compares the weights with the interpreter. \`selectron.json\` has the vocabulary with its types, the labels of the residual stream before it was doubled, and the certificate.`,
      `## How it is made\n\nEvery coordinate of the residual stream is there twice, as x and -x, beside a large constant and its negative, so that layer norm multiplies by the same number on every input. Arguments of hidden units are so large that GELU is ReLU there. Biases of maps that read the stream are weights of two of its coordinates, one of which is 1 at BOS and the other everywhere else.`,
    ].join("\n\n") + "\n"
  );
}

const PYTHON = `from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForCausalLM.from_pretrained("FOLDER")
ids = tokenizer("TEXT", return_tensors="pt")
print(tokenizer.convert_ids_to_tokens(model(**ids).logits[0].argmax(-1))[1:])`;

const JAVASCRIPT = `import { AutoModelForCausalLM, AutoTokenizer } from "@huggingface/transformers";

const tokenizer = await AutoTokenizer.from_pretrained("FOLDER");
const model = await AutoModelForCausalLM.from_pretrained("FOLDER", { dtype: "fp32" });
const { logits } = await model(tokenizer("TEXT"));`;

const table = (rows: readonly (readonly [string, string])[]): string =>
  ["| | |", "|---|---|", ...rows.map(([what, value]) => `| ${what} | ${value.replaceAll("|", "\\|")} |`)].join("\n");

const fenced = (language: string, text: string): string => {
  // Longer than any row of backquotes in the text.
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}${language}\n${text}\n${fence}`;
};

const inline = (text: string): string => text.replace(/[`\n]/g, " ");

/** Some tokens as a string of Python and JavaScript, without its quotes. */
function exampleText(tokens: readonly string[], maxLength: number): string {
  const some = Array.from({ length: Math.min(4, maxLength) }, (_, i) => tokens[i % tokens.length]!);
  const isLetters = tokens.every((text) => [...text].length === 1);
  return JSON.stringify(some.join(isLetters ? "" : " ")).slice(1, -1);
}
