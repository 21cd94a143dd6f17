/** Puzzles: solved, kept, opened from a file and a link. */
import assert from "node:assert/strict";
import { poll, says, type } from "./steps.mjs";

const ANSWERS = [
  ["Count from one", "answer = indices + 1;"],
  ["Shift by one", 'answer = aggregate(select(indices, indices - 1, ==), tokens, "-");'],
  ["Reverse", "answer = aggregate(select(indices, length - 1 - indices, ==), tokens);"],
];

export async function puzzles({ page }) {
  for (const [title, answer] of ANSWERS) {
    await page.locator('[data-tour="puzzles"]').click();
    await page.getByRole("button", { name: title }).click();
    await says(page, ".puzzle .samples", /wanted/);
    await page.getByRole("button", { name: "Check" }).click();
    await says(page, ".judged", /Not yet/);
    await page.getByRole("button", { name: /^Show hint 1/ }).click();
    assert.equal(await page.locator(".hints li").count(), 1);
    await type(page, answer);
    await page.getByRole("button", { name: "Check" }).click();
    await says(page, ".judged.good", /Solved on all \d+ inputs\..*(at par|no attention)/);
  }
  // An input on which the program is wrong can be looked at.
  await type(page, 'answer = "o" if indices == 0 else aggregate(select(indices, length - 1 - indices, ==), tokens);');
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("button", { name: "Look at this input" }).click();
  assert.equal(
    await page.inputValue("#input"),
    (await page.locator(".judged .sample tr").first().locator("td").allTextContents()).join(""),
  );
  await type(page, ANSWERS[2][1]);
  await page.reload();
  await page.locator('[data-tour="puzzles"]').click();
  await says(page, ".list header", /3 of 20 solved/);
  await page.getByRole("button", { name: "Shift by one" }).click();
  await poll(() => page.locator(".cm-content").textContent(), ANSWERS[1][1], page);
}

const SET = {
  title: "Mine",
  puzzles: [
    {
      id: "mine",
      grade: 1,
      title: "<b>Same</b>",
      task: "Give the input back.",
      examples: ["ab"],
      inputs: { tokens: "ab", from: 1, to: 3 },
      solution: "answer = tokens;",
    },
  ],
};

/** A link that is shared while a puzzle is solved opens it with the answer, which others can check, and keeps what they wrote. */
async function handedIn(page) {
  await type(page, "answer = indices;");
  await page.getByRole("button", { name: "Share" }).click();
  await says(page, ".notice", /link to this program/);
  const link = page.url();
  await type(page, "answer = tokens; # mine");
  // The file of the set is this test's, which the service worker does not know.
  await page.evaluate(async () => {
    for (const each of await navigator.serviceWorker.getRegistrations()) await each.unregister();
  });
  await page.goto("about:blank");
  await page.goto(link);
  await poll(() => page.locator(".cm-content").textContent(), "answer = indices;", page);
  assert.equal(await page.evaluate(() => localStorage.getItem("selectron.puzzle.mine")), "answer = tokens; # mine");
  await says(page, ".puzzle", /<b>Same<\/b>/);
  await page.getByRole("button", { name: "Check" }).click();
  await says(page, ".judged", /Not yet/);
}

export async function puzzleSets({ page, url, allow }) {
  await page.route("**/set.json", (route) => route.fulfill({ json: SET }));
  await page.goto(`${url}#puzzles=set.json`);
  await page.reload();
  await page.getByRole("button", { name: "<b>Same</b>" }).click();
  await type(page, "answer = tokens;");
  await page.getByRole("button", { name: "Check" }).click();
  await says(page, ".judged.good", /Solved/);
  await handedIn(page);
  await page.locator('[data-tour="puzzles"]').click();
  const file = (text) => ({ name: "set.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await page.setInputFiles(".list input[type=file]", file('{"title":"x","puzzles":[{"id":"<i>"}]}'));
  await says(page, ".notice", /This is no set of puzzles: puzzles\[0\]\.id must be/);
  await page.setInputFiles(".list input[type=file]", file(JSON.stringify({ ...SET, title: "Yours" })));
  await says(page, "#list-title", /Yours/);
  await page.keyboard.press("Escape");
  await page.goto(`${url}#puzzles=https://example.org/set.json`);
  await says(page, ".notice", /this page's own host only/);
  allow(/404/);
  await page.goto(`${url}#puzzles=none.json`);
  await says(page, ".notice", /This is no set of puzzles/);
}
