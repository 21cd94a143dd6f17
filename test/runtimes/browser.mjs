/**
 * A page in a browser, without a driver: a server on this machine gives the page, the page posts what it found, and the browser is
 * ended. Chromium and Firefox take the same command line but for a few words.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** What keeps Firefox from asking and from looking for updates. */
const PREFERENCES = {
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.update.enabled": false,
  "app.normandy.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
};

/** The command line that opens an address, in a new profile. */
function words(executable, profile, address, flags) {
  if (!/firefox/.test(executable)) {
    const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update"];
    return ["--headless", "--no-sandbox", ...quiet, `--user-data-dir=${profile}`, ...flags, address];
  }
  const lines = Object.entries(PREFERENCES).map(([key, value]) => `user_pref("${key}", ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  return ["--headless", "--no-remote", "--profile", profile, address];
}

/** What a request sent. */
async function bodyOf(request) {
  let text = "";
  for await (const part of request) text += part;
  return text;
}

/**
 * @param files - the text or the bytes of a path, or undefined where there is none
 * @param headers - sent with every file
 * @returns the server, and the first thing that a page posts to /found
 */
async function serve(files, headers) {
  let settle;
  const found = new Promise((resolve) => (settle = resolve));
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    if (request.method === "POST" && path === "/found") {
      settle(JSON.parse(await bodyOf(request)));
      response.writeHead(204).end();
      return;
    }
    const body = files(path);
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "text/plain", ...headers }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, found };
}

/** The files of a folder, for `inBrowser`: nothing outside it. */
export const filesOf = (folder) => (path) => {
  const place = join(folder, path);
  if (!place.startsWith(folder + sep)) return undefined;
  try {
    return readFileSync(place);
  } catch {
    return undefined;
  }
};

/**
 * @param executable - Chromium or Firefox
 * @param start - the path of the page
 * @param flags - of Chromium
 * @returns what the page posted to /found, as JSON
 * @throws Error where it posts nothing within the limit, with what the browser said
 */
export async function inBrowser(
  executable,
  files,
  { start = "/index.html", headers = {}, flags = [], limit = 120_000 } = {},
) {
  const profile = mkdtempSync(join(tmpdir(), "selectron-browser-"));
  const { server, found } = await serve(files, headers);
  const address = `http://127.0.0.1:${server.address().port}${start}`;
  const browser = spawn(executable, words(executable, profile, address, flags), {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" },
  });
  let said = "";
  for (const stream of [browser.stdout, browser.stderr]) stream.on("data", (data) => (said += data));
  const ended = new Promise((resolve) => browser.on("close", resolve).on("error", resolve));
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${limit} ms: ${said.slice(-1000)}`)), limit);
  });
  try {
    return await Promise.race([found, late]);
  } finally {
    clearTimeout(timer);
    try {
      // The whole group: a browser is many processes.
      process.kill(-browser.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await ended;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
