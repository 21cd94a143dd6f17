/** The link checker of `npm run site`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { deadLinks } from "./site/links.mjs";

const site = mkdtempSync(join(tmpdir(), "selectron-site-"));
afterAll(() => rmSync(site, { recursive: true, force: true }));
mkdirSync(join(site, "b"));
writeFileSync(join(site, "b/index.html"), '<h1 id="top">b</h1><a href="../a.html#no">dead</a>');

it("finds files and anchors that are not there, and nothing else", () => {
  writeFileSync(
    join(site, "a.html"),
    `<a href="b/index.html#top"></a><a href="b/"></a><a href="#here"></a><p id="here"></p><img src="none.png">
     <a href="https://example.org/none"></a><a href="data:,"></a><script>const a = ' href="in-script"';</script><a href="b/index.html?x=1&amp;y#top"></a>`,
  );
  expect(deadLinks(site, ["a.html", "b/index.html"])).toEqual({
    links: 6,
    outside: 1,
    dead: ["a.html: none.png", "b/index.html: ../a.html#no"],
  });
});
