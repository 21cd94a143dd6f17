/** Sizes, which are promises, and times, which are reported. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { poll, result, type } from "./steps.mjs";

/**
 * Bytes after gzip: of what is loaded before the first picture, workers and their modules included, and of the whole page with all that is
 * loaded when it is first needed. The service worker keeps the latter for offline use.
 */
const [FIRST, ALL] = [250 * 1024, 450 * 1024];

const sumOf = (sizes) => sizes.reduce((sum, size) => sum + size, 0);
const kilobytes = (size) => `${Math.round(size / 1024)} KB gzip`;

/** What the whole page is: the files that the service worker keeps, and itself. */
async function sizeOfAll({ request }, url) {
  const sizeOf = async (name) => gzipSync(await (await request.get(url + name)).body()).length;
  const worker = await (await request.get(`${url}sw.js`)).text();
  const names = JSON.parse(/const FILES = (\[.*?\]);/s.exec(worker)[1]);
  return sumOf(await Promise.all([...names, "sw.js"].map(sizeOf)));
}

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
  const first = sumOf([...loaded.values()]);
  const picture = await fresh.evaluate(() => performance.getEntriesByName("first picture")[0].startTime);
  report(`${kilobytes(first)} and ${Math.round(picture)} ms to the first picture`);
  await fresh.locator("#tab-weights").click();
  await fresh.locator(".compile .primary").click();
  await fresh.waitForSelector(".stages");
  report(`${kilobytes(sumOf([...loaded.values()]))} once something has been compiled`);
  const all = await sizeOfAll(context, url);
  report(`${kilobytes(all)} in all: what is kept for offline use`);
  assert.ok(first <= FIRST && all <= ALL, `${first} and ${all} bytes`);
}

/** A program of 30 lines. */
const LONG = `${Array.from({ length: 25 }, (_, i) => `x${i} = indices + ${i};`).join("\n")}
same = select(tokens, tokens, ==);
earlier = select(indices, indices, <);
before = select(tokens, tokens, <) or (same and earlier);
place = selector_width(before);
answer = place + 1;`;

/**
 * In the page: types digits before the last semicolon, and measures until the values are there and drawn; and two frames with nothing to do.
 * Counts what the workers are asked, too.
 */
const measure = async () => {
  let questions = 0;
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (...given) {
    questions++;
    return postMessage.apply(this, given);
  };
  const frame = () => new Promise((settle) => requestAnimationFrame(settle));
  const shown = () => document.querySelector(".strip .result").textContent;
  const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];
  const [times, empty] = [[], []];
  for (let i = 0; i < 12; i++) {
    const before = performance.now();
    await frame();
    await frame();
    empty.push(performance.now() - before);
    const [start, old] = [performance.now(), shown()];
    document.execCommand("insertText", false, "0");
    while (shown() === old && performance.now() - start < 3000) await new Promise((settle) => setTimeout(settle));
    await frame();
    times.push(performance.now() - start);
  }
  return { redraw: median(times), empty: median(empty), last: shown(), questions };
};

export async function keystrokes({ page, report }) {
  await page.fill("#input", "thequickbrownfoxjumpsove");
  await type(page, LONG);
  await poll(() => page.locator(".strip .result").count(), 24, page);
  // Until then there are the letters of the program before it.
  await poll(
    async () => Number.isInteger(Number(await page.locator(".strip .result").first().textContent())),
    true,
    page,
  );
  const first = Number(await page.locator(".strip .result").first().textContent());
  await page.locator(".cm-content").press("ArrowLeft");
  const { redraw, empty, last, questions } = await page.evaluate(measure);
  // Twelve zeros have been typed behind the 1, and each was one run: the text and the cursor change together.
  assert.equal(Number(last), first - 1 + 1e12);
  assert.equal(questions, 12);
  report(
    `a key typed into 30 lines, on 24 tokens, is drawn after ${redraw.toFixed(1)} ms at the median; two frames without it take ${empty.toFixed(1)} ms: ratio ${(redraw / empty).toFixed(2)}`,
  );
}
