/** Accessibility: axe's rules, the keyboard alone, both languages, both themes. */
import assert from "node:assert/strict";
import { compile, FLIP, poll, result, says, type } from "./steps.mjs";

/** Fails where axe finds something serious. */
async function axeOn(page, axe, where) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(
      ({ id, impact, nodes }) =>
        `${impact} ${id}: ${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`)
          .join(" | ")}`,
    );
  });
  assert.deepEqual(
    found.filter((violation) => /^(serious|critical)/.test(violation)),
    [],
    where,
  );
}

export async function axeFindsNothing({ page, axe }) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.reload();
    await result(page, colorScheme === "light" ? "-hell" : "olleh");
    await axeOn(page, axe, `the picture, ${colorScheme}`);
    await type(page, FLIP);
    await result(page, "olleh");
    await page.locator(".matrix .out button").first().click();
    await says(page, ".reason", /= 0.2/);
    await axeOn(page, axe, `a reason, ${colorScheme}`);
    await compile(page);
    await page.getByRole("button", { name: "1 · feed-forward" }).click();
    await page.locator(".heat.stream tbody button").first().click();
    await page.waitForSelector(".number");
    await axeOn(page, axe, `the weights, ${colorScheme}`);
    await page.locator("#tab-train").click();
    await page.waitForSelector(".train");
    await axeOn(page, axe, `training, ${colorScheme}`);
    await page.locator("#tab-picture").click();
    await page.locator('[data-tour="puzzles"]').click();
    await page.waitForSelector(".grades li");
    await axeOn(page, axe, `the list of puzzles, ${colorScheme}`);
    await page.getByRole("button", { name: "Vowels" }).click();
    await page.getByRole("button", { name: "Check" }).click();
    await page.waitForSelector(".judged");
    await axeOn(page, axe, `a puzzle, ${colorScheme}`);
    await page.locator(".puzzle .close").click();
    await page.locator('[data-tour="tour"]').click();
    await page.waitForSelector(".tour");
    await axeOn(page, axe, `the tour, ${colorScheme}`);
    await page.keyboard.press("Escape");
    await type(page, FLIP);
    await result(page, "olleh");
  }
}

/** Walks with Tab, without a pointer, until the focus is where it should be. */
async function tabTo(page, selector, most = 60) {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${selector} is not reached by Tab`);
}

export async function keyboardAlone({ page }) {
  await result(page, "-hell");
  await tabTo(page, '[data-tour="puzzles"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector(".grades li");
  await tabTo(page, ".grades li button");
  await page.keyboard.press("Enter");
  await says(page, ".puzzle h2", /Count from one/);
  await tabTo(page, ".cm-content");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("answer = indices + 1;");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Tab");
  await poll(() => page.evaluate(() => document.activeElement.closest(".cm-content") === null), true, page);
  for (let i = 0; i < 30; i++) {
    if (await page.evaluate(() => document.activeElement?.textContent === "Check")) break;
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("Enter");
  await says(page, ".judged.good", /Solved/);
  await tabTo(page, "#input");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("abc");
  await result(page, "123");
  await tabTo(page, ".cm-content", 80);
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(FLIP);
  await result(page, "cba");
  // A matrix is one stop; the arrow keys move in it, and what they reach is explained.
  await tabTo(page, ".matrix td[data-k]", 80);
  for (const key of ["ArrowRight", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
  await says(page, ".reason", /Row 2 selects column 1/);
  await page.keyboard.press("Tab");
  await tabTo(page, "#tab-picture", 120);
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".compile");
  await tabTo(page, ".compile .primary");
  await page.keyboard.press("Enter");
  await says(page, ".certificate", /Proved/);
}

export async function languages({ page }) {
  await result(page, "-hell");
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  for (const [language, word] of [
    ["es", /Atención.*Pesos.*Entrenar/s],
    ["en", /Attention.*Weights.*Train/s],
  ]) {
    await page.locator(".language select").selectOption(language);
    await says(page, ".tabs", word);
    assert.equal(await page.evaluate(() => document.documentElement.lang), language);
    assert.equal(await wide(), 0, "the page is wider than the screen");
    for (const tab of ["weights", "train", "picture"]) {
      await page.locator(`#tab-${tab}`).click();
      await page.waitForTimeout(200);
      assert.equal(await wide(), 0, `${tab} is wider than the screen`);
    }
    // No key has come through in the place of a text.
    assert.doesNotMatch(await page.locator("body").innerText(), /\b(picture|model|puzzle|tour|why|stream)\.\w+/);
  }
  await page.locator(".language select").selectOption("es");
  await page.reload();
  await says(page, ".tabs", /Atención/);
}

export async function themes({ page }) {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await result(page, "-hell");
  const seen = [];
  for (let i = 0; i < 3; i++) {
    await page.locator("nav button.icon").click();
    seen.push(await background());
  }
  assert.equal(new Set(seen).size, 2);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await background(), seen[1]);
}
