/** `npm run bench -- sizes [--out docs/compiler.md]`: compiled sizes beside tracr's, printed, and put into the document if asked. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ourSize, parseSizesTable, sizesTable, tracrSizes, withSizes } from "./suites/sizes.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The founders' measurements of tracr; elsewhere what the document says of them. */
export const tracrSizesFile = resolve(root, "../shared/oracle/tracr-sizes.json");
export const sizesDocument = resolve(root, "docs/compiler.md");

export function printSizes(out: string | undefined): void {
  const cases = existsSync(tracrSizesFile)
    ? tracrSizes(readFileSync(tracrSizesFile, "utf8"))
    : parseSizesTable(readFileSync(sizesDocument, "utf8"));
  const rows = cases.map((one, at) => {
    console.error(`${at + 1}/${cases.length} ${one.program}, ${one.vocabularySize} tokens, length ${one.maxLength}`);
    return { ...one, ours: ourSize(one) };
  });
  const table = sizesTable(rows);
  console.log(table);
  if (out === undefined) return;
  const file = resolve(process.env["INIT_CWD"] ?? ".", out);
  writeFileSync(file, withSizes(readFileSync(file, "utf8"), table));
}
