/** Writing: values that follow, mistakes that are mended, names that are completed, reasons. */
import assert from "node:assert/strict";
import { FLIP, poll, result, says, type } from "./steps.mjs";

export async function writes({ page }) {
  await result(page, "-hell");
  await type(page, FLIP);
  await result(page, "olleh");
  await page.fill("#input", "abc");
  await result(page, "cba");
  await page.fill("#input", "[10, 20]");
  await poll(() => page.locator(".strip .result").allTextContents(), ["20", "10"], page);
  assert.match(await page.locator(".cost summary").textContent(), /2 layers · 2 heads/);
  // The cursor chooses what is drawn.
  await page
    .locator(".cm-line")
    .nth(1)
    .click({ position: { x: 30, y: 8 } });
  await poll(() => page.locator(".head h4").allTextContents(), ["Head 1 full_s", "Head 1 flip"], page);
  await says(page, ".target option:checked", /at the cursor: flip/);
}

export async function mends({ page }) {
  await type(page, "same = selct(tokens, tokens, ==);\nanswer = aggregate(same, indices);");
  await says(page, ".problems", /did you mean "select\("/);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+.");
  await poll(() => page.locator(".problems").count(), 0, page);
  assert.match(await page.locator(".cm-content").textContent(), /same = select\(tokens/);
  await type(page, "answer = tokns;");
  await page.locator(".problems .mend").first().click();
  await type(page, "x = tokens");
  await page.locator(".problems .mend").first().click();
  await poll(() => page.locator(".problems").count(), 0, page);
  await result(page, "hello");
}

export async function completes({ page }) {
  await type(page, "a = selector_w");
  await says(page, ".cm-tooltip-autocomplete", /selector_width\(sel\)/);
  // A list that has just come up takes no Enter, which may have been meant for the line.
  await page.waitForTimeout(200);
  await page.keyboard.press("Enter");
  await page.keyboard.insertText("select(tokens, tokens, ==));");
  await result(page, "11221");
  await page.locator(".word-library").last().hover();
  await says(page, ".hover-value", /tokens = h e l l o/);
}

export async function why({ page, screen }) {
  await type(page, FLIP);
  await result(page, "olleh");
  const cell = page.locator(".matrix").last().locator('td[data-q="1"][data-k="3"]');
  if (screen === "phone") await cell.tap();
  else await cell.hover();
  await says(page, ".reason", /Row 1 selects column 3, because:.*key indices3 = 3 == query opposite1 = 3/);
  await page.locator(".matrix").last().locator(".out button").first().click();
  await says(page, ".reason", /reverse0 = o.*the only one that flip selects.*tokens4 = o/s);
  await page.waitForSelector(".place-mark");
  assert.equal(
    (await page.locator(".place-mark").allTextContents()).join(""),
    "aggregate(flip, tokens)",
    "the place in the program",
  );
  await page.locator(".matrix").last().locator(".query button").first().click();
  await page.locator(".reason button.reading").first().click();
  await says(page, ".reason", /length - 10 = 4/);
  await page.locator(".reason .close").click();
  await says(page, ".reason", /Point at a square/);
}

export async function loops({ page }) {
  await type(
    page,
    `left = select(indices, indices - 1, ==);
repeat (odd = tokens == "1", known = indices == 0) until (known) at most 99 {
    left_knows = aggregate(left, known, False);
    left_odd = aggregate(left, odd, False);
    odd = not (odd == left_odd) if left_knows else odd;
    known = left_knows;
}
parity = odd;`,
  );
  await page.fill("#input", "1011");
  await result(page, "TTFT");
  await says(page, ".loop", /3 steps on this input.*step 1 of 3/s);
  await page.getByRole("button", { name: "The next step" }).click();
  await says(page, ".loop", /step 2 of 3/);
  // What the second step finds is what the first has left.
  await poll(() => page.locator(".loop tr.now .value").allTextContents(), [..."TTTTTTFF"], page);
  await page.locator(".matrix .in button").nth(1).click();
  await says(page, ".reason", /It is a state of the loop, as this step finds it/);
}

export async function keeps({ page }) {
  await type(page, "kept = indices;");
  await result(page, "01234");
  await page.fill("#input", "abc");
  await result(page, "012");
  await page.reload();
  await result(page, "012");
  await type(page, "other = tokens;");
  await result(page, "abc");
  for (let i = 0; i < 3; i++) await page.locator(".toolbar button").first().click();
  await result(page, "012");
}

export async function runaway({ page }) {
  await type(page, "l = range(1000); for i in l { for j in l { for k in l { a = i + j + k; } } }");
  await says(page, ".problems", /exceeds the limit "(steps|memory)"/);
  await type(page, "def f(n) { return f(n + 1); } a = f(0);");
  await says(page, ".problems", /nested too deeply/);
  await type(page, FLIP);
  await result(page, "olleh");
  await page.fill("#input", "x".repeat(900));
  await says(page, ".note", /first 64 tokens/);
}
