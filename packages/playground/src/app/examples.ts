/** Lessons, as the examples menu offers them: the programs of the repository's `examples` folder, each with an input that shows it. */
import reverse from "examples/01-reverse.rasp?raw";
import histogram from "examples/02-histogram.rasp?raw";
import doubleHistogram from "examples/03-double-histogram.rasp?raw";
import sort from "examples/04-sort.rasp?raw";
import mostFrequent from "examples/05-most-frequent.rasp?raw";
import dyck1 from "examples/06-dyck1.rasp?raw";
import dyck2 from "examples/07-dyck2.rasp?raw";
import dyck2Best from "examples/08-dyck2-best.rasp?raw";
import decoderLibrary from "examples/09-decoder-library.rasp?raw";
import nextToken from "examples/10-next-token.rasp?raw";
import parity from "examples/11-parity.rasp?raw";
import addition from "examples/12-addition.rasp?raw";
import cancelling from "examples/15-cancelling.rasp?raw";
import type { MessageKey } from "../texts/texts.js";

export interface Example {
  readonly key: MessageKey;
  readonly program: string;
  readonly input: string;
}

/** In the order of the lessons. */
export const EXAMPLES: readonly Example[] = [
  { key: "example.reverse", program: reverse, input: "hello" },
  { key: "example.histogram", program: histogram, input: "§hello" },
  { key: "example.doubleHistogram", program: doubleHistogram, input: "§abbccd" },
  { key: "example.sort", program: sort, input: "§hello" },
  { key: "example.mostFrequent", program: mostFrequent, input: "§banana" },
  { key: "example.dyck1", program: dyck1, input: "(())()" },
  { key: "example.dyck2", program: dyck2, input: "({})()" },
  { key: "example.dyck2Best", program: dyck2Best, input: "({})()" },
  { key: "example.decoderLibrary", program: decoderLibrary, input: "abaab" },
  { key: "example.nextToken", program: nextToken, input: "abba>" },
  { key: "example.parity", program: parity, input: "10110" },
  { key: "example.addition", program: addition, input: "58+67" },
  { key: "example.cancelling", program: cancelling, input: "([]){" },
];
