/** Names in SVG: no markup, nothing that XML forbids, nothing that turns the text around it, and no megabytes. */
import { expect, it } from "vitest";
import { attentionSvg, escapeXml } from "../../src/index.js";

it.each([
  ['<a href="x">&', "&#60;a href=&#34;x&#34;&#62;&#38;"],
  ["a\u0000\u001b[31m\ud800", "a\ufffd\ufffd[31m\ufffd"],
  ["a\u202eb\u009bc", "a\\u202eb\\x9bc"],
  ["é 漢字 👩", "é 漢字 👩"],
])("%j is written as %s", (text, written) => expect(escapeXml(text)).toBe(written));

it("names of any length are shortened", () => {
  expect(escapeXml("x".repeat(5_000_000)).length).toBeLessThan(2100);
  const name = `\u202e${"y".repeat(1_000_000)}`;
  const svg = attentionSvg([{ title: name, queries: [name], keys: [name], weights: [[1]] }]);
  expect(svg.length).toBeLessThan(30_000);
  expect(svg).not.toContain("\u202e");
});
