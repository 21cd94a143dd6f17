/**
 * npm run page [-- --install] [-- --no-build] [-- NAME ...]: the built playground in Chromium, on a phone's screen and on a laptop's, and for
 * a short run in Firefox, as `selectron playground` serves it from what npm would publish. The checks are in packages/playground/test/page. With --install Playwright,
 * Puppeteer (which drives Firefox as it is, where Playwright wants a build of its own) and axe come from npm into .page (70 MB, no install
 * scripts); the browsers are the system's. With --picture the picture of the README is taken anew. Exit code 1 if anything fails, or is not
 * there: nothing is skipped.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPacked } from "../test/runtimes/consumers.mjs";
import { checks } from "../packages/playground/test/page/checks.mjs";
import { inFirefox } from "../packages/playground/test/page/firefox.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".page");
const versions = { "playwright-core": "1.56.1", "puppeteer-core": "24.43.1", "axe-core": "4.14.1" };
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

/** The first of these commands that is there. */
const command = (...names) =>
  (process.env.PATH ?? "")
    .split(":")
    .flatMap((place) => names.map((name) => join(place, name)))
    .find(existsSync);

const chromiumPath = command("chromium", "chromium-browser", "google-chrome");
const firefoxPath = command("firefox-esr", "firefox");

/** Serves the page as users do who have installed the packages. */
async function serve() {
  const place = join(folder, "packed");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  installPacked(place);
  const command = join(place, "node_modules/@selectron/cli/bin/selectron.js");
  const server = spawn(process.execPath, [command, "playground", "--port", "0"], { cwd: place });
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
  await page.mouse.move(1200, 300);
  await page.waitForTimeout(200);
  await page.screenshot({ path: join(root, "docs/pictures/playground.png") });
  await page.close();
}

/** Says what came of a check. @returns 1 if it failed */
function tell(title, problems, figures, seconds) {
  const outcome = problems.length === 0 ? "passed" : "FAILED";
  console.log([`${outcome}: ${title}, ${seconds.toFixed(1)} s`, ...figures.map((figure) => `  ${figure}`)].join("\n"));
  for (const problem of problems) console.log(`  ${problem.replaceAll("\n", "\n  ")}`);
  return Number(problems.length > 0);
}

/** Runs checks, several at a time. @returns how many failed */
async function runAll(jobs, atOnce) {
  const left = [...jobs];
  let failures = 0;
  const worker = async () => {
    for (let job = left.shift(); job; job = left.shift()) {
      const figures = [];
      const start = performance.now();
      const problems = await job.run((figure) => figures.push(figure));
      failures += tell(job.title, problems, figures, (performance.now() - start) / 1000);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failures;
}

/** What is there to run, by title. */
const jobs = (browser, axe) => [
  ...checks.flatMap(([name, screens, check, isAlone]) =>
    screens.map((screen) => ({
      title: `${name} (${screen})`,
      isAlone: isAlone === "alone",
      run: (report) => run(browser, { check, url, screen, axe, report }),
    })),
  ),
  {
    title: "Firefox shows values and compiles",
    isAlone: false,
    run: () => inFirefox(createRequire(join(folder, "package.json"))("puppeteer-core"), firefoxPath, url),
  },
];

if (given.includes("--install")) install();
const isInstalled = Object.keys(versions).every((name) => existsSync(join(folder, "node_modules", name)));
if (!isInstalled || !chromiumPath || !firefoxPath) {
  console.error(
    "page: Playwright, Puppeteer, axe, Chromium or Firefox is not here.\n  help: `npm run page -- --install` brings the first three; the browsers are the system's",
  );
  process.exit(1);
}
if (!given.includes("--no-build")) {
  // What npm does before it packs.
  const { status } = spawnSync("npm", ["run", "prepack", "--workspace", "@selectron/cli"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}
const { chromium } = createRequire(join(folder, "package.json"))("playwright-core");
const axe = readFileSync(join(folder, "node_modules/axe-core/axe.min.js"), "utf8");
const { server, url } = await serve();
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath: chromiumPath, args });
if (given.includes("--picture")) await takePicture(browser);
try {
  const wanted = jobs(browser, axe).filter(
    ({ title }) => asked.length === 0 || asked.some((word) => title.includes(word)),
  );
  // What is timed has the machine for itself.
  const failures =
    (await runAll(
      wanted.filter(({ isAlone }) => isAlone),
      1,
    )) +
    (await runAll(
      wanted.filter(({ isAlone }) => !isAlone),
      2,
    ));
  if (failures > 0) process.exitCode = 1;
} finally {
  await browser.close();
  server.kill("SIGINT");
}
