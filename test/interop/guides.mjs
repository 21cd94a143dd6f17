/** The Python of the guides that needs PyTorch alone: a folder as the guide has it compiled, and what the program prints there. */
import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const GUIDE = "docs/guides/ground-truth-models.md";

/** @returns rows of the table */
export function compareGuides({ folder, command }) {
  const blocks = [...readFileSync(join(root, GUIDE), "utf8").matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const at = blocks.findIndex(([, language, text]) => language === "python" && text.startsWith("import load\n"));
  const [, , transcript] = blocks[at - 1];
  const words = /^\$ npx selectron (.*)$/m.exec(transcript)[1].split(" ");
  symlinkSync(join(root, "examples"), join(folder, "examples"));
  execFileSync(process.execPath, [join(root, "packages/cli/bin/selectron.js"), ...words], { cwd: folder });
  const [, , program] = blocks[at];
  const printed = execFileSync(command, ["-B", "-c", program], { cwd: join(folder, words.at(-1)), encoding: "utf8" });
  const wanted = [...program.matchAll(/# (.*)$/gm)].map(([, said]) => said);
  const failed = wanted.length === 0 || wanted.some((said, i) => printed.split("\n")[i] !== said);
  return [{ what: `${GUIDE}, in Python`, compared: `${wanted.length} lines`, worst: undefined, failed }];
}
