/**
 * npm run page [-- --install] [-- --no-build] [-- NAME ...]: the built playground in Chromium, on a phone's screen and on a laptop's, as
 * `selectron playground` serves it. The checks are in packages/playground/test/page. With --install Playwright and axe come from npm into
 * .page (12 MB, no install scripts); Chromium is the system's. With --picture the picture of the README is taken anew. Exit code 1 if anything
 * fails, or is not there.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checks } from "../packages/playground/test/page/checks.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".page");
const versions = { "playwright-core": "1.56.1", "axe-core": "4.14.1" };
/** No check may take longer, in milliseconds. */
const LIMIT = 120_000;
const SCREENS = { phone: { width: 360, height: 740 }, laptop: { width: 1440, height: 900 } };
/**
 * What the console may say: where a selection is typed over, Chromium itself tries to keep its style, which the content security policy
 * forbids. The editor draws the text anew, and nothing is lost.
 */
const KNOWN = /Applying inline style violates/;

const given = process.argv.slice(2);
const asked = given.filter((word) => !word.startsWith("-"));

function install() {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, dependencies: versions }, null, 2) + "\n",
  );
  const options = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  if (spawnSync("npm", options, { cwd: folder, stdio: "inherit" }).status !== 0) throw new Error("npm failed");
}

const executablePath = (process.env.PATH ?? "")
  .split(":")
  .flatMap((place) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(place, name)))
  .find(existsSync);

/** Serves the page as users do. */
async function serve() {
  const server = spawn(process.execPath, [join(root, "packages/cli/bin/selectron.js"), "playground", "--port", "0"]);
  const said = await new Promise((settle, reject) => {
    let out = "";
    server.stdout.on("data", (data) => /Ctrl/.test((out += data)) && settle(out));
    server.stderr.on("data", (data) => reject(new Error(String(data))));
  });
  return { server, url: /http:\S+\//.exec(said)[0] };
}

/** Runs a check in a context of its own. @returns what is wrong, nothing if all is well */
async function run(browser, { check, url, screen, axe, report }) {
  const viewport = SCREENS[screen];
  const context = await browser.newContext({
    viewport,
    locale: "en-GB",
    hasTouch: screen === "phone",
    acceptDownloads: true,
  });
  context.setDefaultTimeout(15_000);
  const problems = [];
  context.on("request", (request) => {
    const at = request.url();
    if (!at.startsWith(url) && !/^(blob|data):/.test(at)) problems.push(`asks ${at}`);
  });
  context.on("weberror", (error) => problems.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() === "error" && !KNOWN.test(message.text())) problems.push(message.text());
  });
  const page = await context.newPage();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`takes more than ${LIMIT} ms`)), LIMIT);
  });
  try {
    await page.goto(url);
    const world = { page, context, url, screen, axe, report, allow: (pattern) => problems.allowed.push(pattern) };
    problems.allowed = [];
    await Promise.race([check(world), late]);
  } catch (error) {
    problems.push(error.stack?.split("\n").slice(0, 12).join("\n") ?? String(error));
    await page.screenshot({ path: join(folder, "failed.png") }).catch(() => undefined);
  } finally {
    clearTimeout(timer);
    await context.close();
  }
  return problems.filter((problem) => !problems.allowed?.some((pattern) => pattern.test(problem)));
}

/** The picture of the README. */
async function takePicture(browser) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "light", locale: "en-GB" });
  await page.goto(url);
  await page.getByRole("button", { name: "No, thanks" }).click();
  await page.selectOption('[data-tour="examples"]', "0");
  await page.selectOption(".target select", "reverse");
  await page.locator(".matrix").last().locator(".out button").first().click();
  await page.waitForSelector(".place-mark");
  await page.locator(".matrix").last().scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(root, "docs/pictures/playground.png") });
  await page.close();
}

if (given.includes("--install")) install();
const playwright = join(folder, "node_modules/playwright-core");
if (!existsSync(playwright) || !executablePath) {
  console.error(
    "page: Playwright or Chromium is not here.\n  help: `npm run page -- --install` brings the first; the second is the system's",
  );
  process.exit(1);
}
if (!given.includes("--no-build")) {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const { status } = spawnSync(process.execPath, [vite, "build", "packages/playground", "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}
const { chromium } = createRequire(join(folder, "package.json"))("playwright-core");
const axe = readFileSync(join(folder, "node_modules/axe-core/axe.min.js"), "utf8");
const { server, url } = await serve();
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath, args });
let failures = 0;
if (given.includes("--picture")) await takePicture(browser);
try {
  for (const [name, screens, check] of checks) {
    for (const screen of screens) {
      const title = `${name} (${screen})`;
      if (asked.length > 0 && !asked.some((word) => title.includes(word))) continue;
      const figures = [];
      const problems = await run(browser, { check, url, screen, axe, report: (figure) => figures.push(figure) });
      console.log(
        `${problems.length === 0 ? "passed" : "FAILED"}: ${title}${figures.map((figure) => `\n  ${figure}`).join("")}`,
      );
      for (const problem of problems) console.log(`  ${problem.replaceAll("\n", "\n  ")}`);
      if (problems.length > 0) failures++;
    }
  }
} finally {
  await browser.close();
  server.kill("SIGINT");
}
if (failures > 0) process.exitCode = 1;
