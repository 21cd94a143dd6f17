import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import messages from "../../src/texts/messages.json" with { type: "json" };
import { LANGUAGES, preferred, t, type MessageKey } from "../../src/texts/texts.js";

const keys = Object.keys(messages) as MessageKey[];
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name!).sort();

describe("messages", () => {
  it.each(keys)("%s is there in every language, with the same values", (key) => {
    const texts = LANGUAGES.map((language) => messages[key][language]);
    for (const text of texts) expect(text.trim()).not.toBe("");
    expect(new Set(texts.map((text) => [...new Set(placeholders(text))].join())).size).toBe(1);
  });

  it("are all used, and none is written elsewhere", () => {
    const folder = fileURLToPath(new URL("../../src", import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("\n");
    // Keys that are put together begin with one of these.
    const made = [...sources.matchAll(/`([\w.]+)\$\{/g)].map(([, start]) => start!);
    const unused = keys.filter((key) => !sources.includes(`"${key}"`) && !made.some((start) => key.startsWith(start)));
    expect(unused).toEqual([]);
  });
});

describe("t", () => {
  it("fills in values, and chooses between one and many", () => {
    expect(t("picture.line", { line: 3 }, "en")).toBe("line 3");
    expect(t("cost.layers", { n: 1 }, "en")).toBe("1 layer");
    expect(t("cost.layers", { n: 0 }, "es")).toBe("0 capas");
  });

  it("leaves values as they are, whatever is in them", () => {
    expect(t("puzzle.next", { title: "$& {n} <b>" }, "en")).toBe("Next: $& {n} <b>");
  });
});

it.each([
  [["es-AR", "en"], "es"],
  [["fr", "en-GB"], "en"],
  [["fr"], "en"],
  [[], "en"],
] as const)("a browser that asks for %j gets %s", (wanted, language) => expect(preferred(wanted)).toBe(language));
