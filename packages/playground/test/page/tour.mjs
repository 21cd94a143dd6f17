/** The tour, step by step, and left half way. */
import assert from "node:assert/strict";
import { says } from "./steps.mjs";

export async function tour({ page }) {
  await page.getByRole("button", { name: "Take the tour" }).click();
  const titles = [];
  for (;;) {
    await page.waitForSelector(".toured");
    titles.push(await page.locator(".tour h2").textContent());
    const [step, of] = /Step (\d+) of (\d+)/
      .exec(await page.locator(".tour .quiet").textContent())
      .slice(1)
      .map(Number);
    assert.equal(step, titles.length);
    // What is pointed at is not under the card; the ninth step compiles by itself.
    if (step === 9) await says(page, ".toured", /the program and the weights agree/);
    const [pointed, card] = [await page.locator(".toured").boundingBox(), await page.locator(".tour").boundingBox()];
    assert.ok(pointed.y < card.y || pointed.x > card.x + card.width, `step ${step} hides what it is about`);
    if (step === of) break;
    await page.locator(".tour .primary").click();
    await says(page, ".tour .quiet", new RegExp(`Step ${step + 1} of`));
  }
  assert.equal(new Set(titles).size, titles.length);
  await page.locator(".tour .primary").click();
  assert.equal(await page.locator(".tour, .toured").count(), 0);
  await says(page, ".grades", /Count from one/);
  await page.reload();
  await page.waitForSelector(".strip");
  assert.equal(await page.locator(".welcome").count(), 0);
  await page.locator('[data-tour="tour"]').click();
  await page.waitForSelector(".tour");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".tour").count(), 0);
}
