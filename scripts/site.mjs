/**
 * npm run site: the documents, the reference and the playground as one static site in .site, with search, by TypeDoc and Vite. A warning of
 * TypeDoc fails it, and so does a link that leads nowhere; links to other hosts are counted and not followed.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { deadLinks } from "../test/site/links.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const site = join(root, ".site");
/** What the documents call the playground: only the site knows where that is. */
const PLAYGROUND = "https://playground.invalid/";

/** Ends this process where a tool fails. */
function run(script, ...options) {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules", script), ...options], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The pages of the site: paths from its root. */
const pages = () =>
  readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".html"))
    .map((entry) => relative(site, join(entry.parentPath, entry.name)));

rmSync(site, { recursive: true, force: true });
run("vite/bin/vite.js", "build", "packages/playground", "--logLevel", "warn");
run("typedoc/bin/typedoc");
for (const page of pages()) {
  const text = readFileSync(join(site, page), "utf8");
  if (!text.includes(PLAYGROUND)) continue;
  const place = relative(dirname(page), "play/index.html");
  writeFileSync(join(site, page), text.replaceAll(PLAYGROUND, place));
}
cpSync(join(root, "packages/cli/page"), join(site, "play"), { recursive: true });

const { links, outside, dead } = deadLinks(site, pages());
console.log(`.site: ${pages().length} pages, ${links} links in the site, ${outside} to other hosts`);
for (const each of dead) console.log(`  DEAD ${each}`);
if (dead.length > 0) process.exitCode = 1;
