/** Links, also those that mean harm, and the page without a network. */
import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { poll, result, says, type } from "./steps.mjs";

const fragment = (value) =>
  `#p=${deflateRawSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")}`;

/** From an empty page the browser may ask for the icon without leave to. */
const ICON = /icon\.svg|net::ERR_FAILED/;

async function open(page, url, hash) {
  await page.goto("about:blank");
  await page.goto(url + hash);
}

export async function sharedLink({ page, context, allow }) {
  allow(ICON);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await type(page, 'a = "ñ";\nb = aggregate(select(indices, 0, ==), tokens);');
  await page.fill("#input", "xyz");
  await result(page, "xxx");
  await page.getByRole("button", { name: "Share" }).click();
  await says(page, ".notice", /clipboard/);
  const link = page.url();
  assert.match(link, /#p=[\w-]+$/);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
  await type(page, "other = indices;");
  await page.evaluate(() => localStorage.clear());
  await open(page, link, "");
  await result(page, "xxx");
  assert.equal(await page.inputValue("#input"), "xyz");
}

export async function hostileLinks({ page, url, allow }) {
  allow(ICON);
  const works = async () => {
    await type(page, "fine = indices;");
    await page.fill("#input", "abc");
    await result(page, "012");
  };
  await open(page, url, `#p=${"A".repeat(100_000)}`);
  await says(page, ".notice", /carries more than the page takes/);
  await works();
  await open(page, url, "#p=%F0%28");
  await says(page, ".notice", /damaged/);
  await works();
  await open(page, url, fragment(`{"v":1,"program":"${"a".repeat(50_000_000)}"}`));
  await says(page, ".notice", /carries more/);
  await works();
  const evil = '<img src=x onerror=alert(1)>"><script>alert(1)</script>';
  page.on("dialog", () => assert.fail("a dialog"));
  await open(
    page,
    url,
    fragment({ v: 1, program: `a = "${evil.replaceAll('"', "'")}"; b = tokens; ${evil}`, input: evil, target: evil }),
  );
  await says(page, ".problems", /\S/);
  assert.equal(await page.locator("img, #app script").count(), 0);
  await works();
  const endless = "l = range(1000); for i in l { for j in l { for k in l { a = indices + i; } } }";
  await open(page, url, fragment({ v: 1, program: endless, input: "abc" }));
  await says(page, ".problems", /exceeds the limit/);
  await works();
  await open(page, url, "#puzzle=%3Cb%3E");
  await says(page, ".notice", /no such puzzle/);
  await works();
}

export async function offline({ page, context }) {
  await result(page, "-hell");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await poll(() => page.evaluate(async () => (await caches.keys()).length), 1, page);
  await context.setOffline(true);
  await page.reload();
  await result(page, "-hell");
  await page.locator("#tab-weights").click();
  await page.locator(".compile .primary").click();
  await says(page, ".certificate", /Proved/);
  await page.locator('[data-tour="puzzles"]').click();
  await page.getByRole("button", { name: "Count from one" }).click();
  await says(page, ".puzzle .samples", /wanted/);
}
