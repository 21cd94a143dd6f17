/**
 * A short run in Firefox: the first picture, a program that is typed, its values, its weights. Firefox is driven by Puppeteer over WebDriver
 * BiDi, which needs no build of its own.
 */
import { FLIP, poll } from "./steps.mjs";

/** As in the runs in Chromium: text that is typed over a selection would bring its style with it, which the policy forbids. */
const KNOWN = /Content-Security-Policy.*inline style/;

/** @returns what is wrong, nothing if all is well */
export async function inFirefox(puppeteer, executablePath, url) {
  const problems = [];
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    defaultViewport: null,
    args: ["--width=1280", "--height=900"],
  });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !KNOWN.test(message.text())) problems.push(message.text());
    });
    page.waitForTimeout = (time) => new Promise((settle) => setTimeout(settle, time));
    const texts = (selector) => () =>
      page.$$eval(selector, (all) => all.map(({ textContent }) => textContent).join(""));
    const says = (selector, pattern) => poll(async () => pattern.test(await texts(selector)()), true, page, 30_000);
    await page.goto(url);
    await poll(texts(".strip .result"), "-hell", page, 20_000);
    await page.click(".cm-content");
    await page.keyboard.down("Control");
    await page.keyboard.press("a");
    await page.keyboard.up("Control");
    await page.keyboard.type(FLIP.split("\n")[0]);
    await poll(texts(".strip .result"), "43210", page);
    for (const line of FLIP.split("\n").slice(1)) {
      await page.keyboard.press("Enter");
      await page.keyboard.type(line);
      await page.keyboard.press("Escape");
    }
    await poll(texts(".strip .result"), "olleh", page);
    await page.click("#tab-weights");
    await page.waitForSelector(".compile .primary");
    await page.click(".compile .primary");
    await says(".certificate", /Proved\. On every input of 1 to 8 tokens/);
    await poll(texts('[data-tour="sides"] .strip .result'), "olleh", page);
    await page.click(".heat.stream tbody button");
    await says(".number", /=/);
  } catch (error) {
    problems.push(error.stack?.split("\n").slice(0, 12).join("\n") ?? String(error));
  } finally {
    await browser.close();
  }
  return problems;
}
