/**
 * Generated files that are made anew only when what they are made from has changed. The first line of each holds a digest of
 * its inputs and of its own text: a change of either shows, also after a switch of branches or an edit by hand.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const digestOf = (parts) =>
  parts.reduce((hash, part) => hash.update(`${part.length} `).update(part), createHash("sha256")).digest("hex");

const head = (inputs, body) => `// Generated; not committed. ${digestOf([...inputs, body])}\n`;

/** Whether a file is what `writeFresh` made from these inputs, which are strings. */
export function isFresh(file, inputs) {
  if (!existsSync(file)) return false;
  const text = readFileSync(file, "utf8");
  const body = text.slice(text.indexOf("\n") + 1);
  return text === head(inputs, body) + body;
}

/** Writes a file that was made from these inputs. */
export function writeFresh(file, inputs, body) {
  writeFileSync(file, head(inputs, body) + body);
}
