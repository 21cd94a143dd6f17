/** What publint and "are the types wrong" say of the packages. */
import { readFileSync } from "node:fs";

/**
 * What is wrong on purpose: bundlers import the binaries of wasm-simd, and nothing can `require` them.
 *
 * @param problem - of "are the types wrong"
 */
const isKnown = ({ kind, entrypoint = "" }) => kind === "CJSResolvesToESM" && entrypoint.endsWith(".wasm");

/** @returns what publint says with all of its suggestions, of a packed package */
export async function publintSays({ publint, formatMessage }, tarball) {
  const { messages, pkg } = await publint({
    pack: { tarball: readFileSync(tarball) },
    strict: true,
    level: "suggestion",
  });
  return messages.map((message) => formatMessage(message, pkg, { color: false }));
}

/** @returns the problems of every entry with every resolution */
export async function typesAreWrong({ checkPackage, createPackageFromTarballData }, tarball) {
  const { problems, types } = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  if (!types) return ["it has no types"];
  return problems
    .filter((problem) => !isKnown(problem))
    .map(({ kind, entrypoint, resolutionKind, typesFileName }) =>
      [kind, entrypoint, resolutionKind, typesFileName].filter(Boolean).join(", "),
    );
}
