/** Training in the page, which stays responsive; and the program that was learnt. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { poll, result, says, type } from "./steps.mjs";

/** One head is learnt within some hundred steps: the example that is decompiled. */
const SHIFT = 'previous = select(indices, indices - 1, ==);\nshifted = aggregate(previous, tokens, "-");';

const loss = async (page) =>
  Number(/loss ([\d.e-]+)/.exec(await page.locator(".train .summary").textContent({ timeout: 1000 }))?.[1] ?? NaN);

const step = async (page) =>
  Number(/Step (\d+)/.exec(await page.locator(".train .summary").textContent({ timeout: 1000 }))?.[1] ?? NaN);

export async function trains({ page, report }) {
  await type(page, SHIFT);
  await page.fill("#input", "abcab");
  await result(page, "-abca");
  await page.locator("#tab-train").click();
  await page.locator(".compile .primary").click();
  await says(page, ".train .summary", /Step \d+ of 2000/);
  const first = await loss(page);
  // Responsive meanwhile: the picture follows what is typed.
  await page.locator("#tab-picture").click();
  await page.fill("#input", "cba");
  await result(page, "-cb");
  await page.fill("#input", "abcab");
  await page.locator("#tab-train").click();
  await poll(async () => (await loss(page)) < first / 2, true, page, 60_000);
  await poll(
    async () => (await page.locator(".train .strip tr").last().textContent()).replace("learned", ""),
    "-abca",
    page,
    90_000,
  );
  // Until it is right at all lengths, and not only on the last batch.
  await poll(async () => (await step(page)) >= 450, true, page, 90_000);
  await page.getByRole("button", { name: "Pause" }).click();
  const status = await page.locator(".train .summary").textContent();
  assert.equal(await page.locator(".train .head").count(), 1);
  await page.waitForTimeout(600);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save the weights" }).click(),
  ]);
  assert.equal(file.suggestedFilename(), "shifted-trained.safetensors");
  await page.locator("#tab-weights").click();
  await page.setInputFiles(".compile input[type=file]", {
    name: file.suggestedFilename(),
    mimeType: "application/octet-stream",
    buffer: readFileSync(await file.path()),
  });
  await says(page, ".weights .strip", /weights-abca/);
  await poll(() => page.locator(".weights .head").count(), 1, page);
  await page.locator("#tab-train").click();
  const start = Date.now();
  await page.getByRole("button", { name: "Decompile" }).click();
  await page.waitForSelector(".found", { timeout: 65_000 });
  report(`decompiled in ${Math.round((Date.now() - start) / 100) / 10} s, after ${/Step \d+/.exec(status)[0]}`);
  await says(page, ".found", /decides as the weights do on \d+(\.\d)? %/);
  await page.getByRole("button", { name: "Put it in the editor" }).click();
  await result(page, "-abca").catch(async () => page.locator("#tab-picture").click());
  await page.locator("#tab-picture").click();
  await result(page, "-abca");
}

export async function stopsTraining({ page }) {
  await type(page, "answer = 1;");
  await page.locator("#tab-train").click();
  await page.locator(".compile .primary").click();
  await says(page, ".note.bad", /no sequence to compile/);
  await type(page, SHIFT);
  await page.locator(".compile .primary").click();
  await says(page, ".train .summary", /Step \d+ of 2000/);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Decompile" }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  await says(page, ".note.bad", /Stopped/);
  await page.getByRole("button", { name: "Go on" }).click();
  await says(page, ".train .actions", /Pause/);
}
