/** Sizes, which are promises, and times, which are reported. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { result, type } from "./steps.mjs";

/** Bytes after gzip: what is loaded before the first picture, and all that a visit without a compile loads. */
const [FIRST, ALL] = [250 * 1024, 450 * 1024];

export async function firstLoad({ page, context, url, report }) {
  const fresh = await context.newPage();
  const loaded = new Map();
  fresh.on("response", (response) => {
    if (response.request().serviceWorker()) return;
    void response.body().then(
      (body) => loaded.set(response.url(), gzipSync(body).length),
      () => undefined,
    );
  });
  await page.close();
  await fresh.goto(url);
  await result(fresh, "-hell");
  const first = [...loaded.values()].reduce((sum, size) => sum + size, 0);
  const picture = await fresh.evaluate(() => performance.getEntriesByName("first picture")[0].startTime);
  report(`${Math.round(first / 1024)} KB gzip and ${Math.round(picture)} ms to the first picture`);
  await fresh.locator('[data-tour="puzzles"]').click();
  await fresh.waitForSelector(".grades li");
  await fresh.getByRole("button", { name: "Count from one" }).click();
  await fresh.waitForSelector(".samples");
  const all = [...loaded.values()].reduce((sum, size) => sum + size, 0);
  report(`${Math.round(all / 1024)} KB gzip with puzzles`);
  await fresh.locator("#tab-weights").click();
  await fresh.locator(".compile .primary").click();
  await fresh.waitForSelector(".stages");
  const everything = [...loaded.values()].reduce((sum, size) => sum + size, 0);
  report(`${Math.round(everything / 1024)} KB gzip with the compiler`);
  assert.ok(first <= FIRST && all <= ALL, `${first} and ${all} bytes`);
}

/** A program of 30 lines. */
const LONG = `${Array.from({ length: 24 }, (_, i) => `x${i} = indices + ${i};`).join("\n")}
same = select(tokens, tokens, ==);
earlier = select(indices, indices, <);
before = select(tokens, tokens, <) or (same and earlier);
place = selector_width(before);
sorted = aggregate(select(place, indices, ==), tokens);
answer = sorted;`;

export async function keystrokes({ page, report }) {
  await page.fill("#input", "thequickbrownfoxjumpsove");
  await type(page, LONG);
  await result(page, [..."thequickbrownfoxjumpsove"].sort().join(""));
  const measure = () =>
    page.evaluate(async () => {
      const frame = () => new Promise((settle) => requestAnimationFrame(settle));
      const input = document.querySelector("#input");
      const times = [];
      const empty = [];
      for (let i = 0; i < 30; i++) {
        const before = performance.now();
        await frame();
        await frame();
        empty.push(performance.now() - before);
        const start = performance.now();
        const old = document.querySelector(".strip .result").textContent;
        input.value = (i % 2 ? "a" : "b") + input.value.slice(1);
        const first = i % 2 ? "a" : "b";
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
        while (![...document.querySelectorAll(".strip td")].some((cell, k) => k === 0 && cell.textContent === first)) {
          await new Promise((settle) => setTimeout(settle));
          if (performance.now() - start > 3000) break;
        }
        await frame();
        times.push(performance.now() - start);
        void old;
      }
      const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];
      return [median(times), median(empty)];
    });
  const [redraw, empty] = await measure();
  report(
    `a keystroke on 30 lines and 24 tokens redraws in ${redraw.toFixed(1)} ms at the median; two empty frames take ${empty.toFixed(1)} ms: ratio ${(redraw / empty).toFixed(2)}`,
  );
}
