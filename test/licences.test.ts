/** The licences of all that is installed, as the lock file has them. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}
const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const installed = Object.entries(lock.packages).filter(([path, { link }]) => path.includes("node_modules/") && !link);

/** Of what users get: with the packages, or in the playground's page. */
const PERMISSIVE = [
  "MIT",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "(Apache-2.0 AND BSD-3-Clause)",
];
/** Of tools, of which nothing reaches users: Vite's CSS compiler, typedoc's and eslint's parsers of patterns and arguments. */
const TOOLS = [...PERMISSIVE, "MPL-2.0", "BlueOak-1.0.0", "Python-2.0"];

const otherThan = (allowed: readonly string[], rows: readonly (readonly [string, Locked])[]): string[] =>
  rows.filter(([, { license = "" }]) => !allowed.includes(license)).map(([path, { license }]) => `${path}: ${license}`);

it("what users get has permissive licences", () => {
  const shipped = installed.filter(([, { dev }]) => !dev);
  expect(shipped.map(([path]) => path)).toContain("node_modules/preact");
  expect(otherThan(PERMISSIVE, shipped)).toEqual([]);
});

it("tools have licences that allow their use", () => {
  expect(otherThan(TOOLS, installed)).toEqual([]);
});

it.each(["GPL-3.0-only", "UNLICENSED", undefined])("licence %s would be found", (license) => {
  expect(otherThan(TOOLS, [["node_modules/x", license === undefined ? {} : { license }]])).toHaveLength(1);
});
