/** Steps that several checks take. */
import assert from "node:assert/strict";

/** Puts a program in the place of the one in the editor, by typing. */
export async function type(page, text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

/** Waits until the row of results is this. */
export async function result(page, expected) {
  await poll(async () => (await page.locator(".strip .result").allTextContents()).join(""), expected, page);
}

/** Waits until something has a value, and says what it has where it does not. */
export async function poll(read, expected, page, limit = 10_000) {
  const end = Date.now() + limit;
  let found;
  do {
    found = await read().catch((error) => error.message);
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    await page.waitForTimeout(40);
  } while (Date.now() < end);
  assert.deepEqual(found, expected);
}

/** Waits until the text of an element matches. */
export async function says(page, selector, pattern, limit = 10_000) {
  await poll(
    async () => pattern.test((await page.locator(selector).allTextContents()).join("\n")),
    true,
    page,
    limit,
  ).catch(async () => assert.match((await page.locator(selector).allTextContents()).join("\n"), pattern));
}

export const FLIP = `opposite = length - 1 - indices;
flip = select(indices, opposite, ==);
reverse = aggregate(flip, tokens);`;

/** Compiles what is in the editor. */
export async function compile(page) {
  await page.locator("#tab-weights").click();
  await page.locator(".compile .primary").click();
  await page.waitForSelector(".stages");
}
