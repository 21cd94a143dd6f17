/** The server of the playground: it serves the files of the page, and nothing else. */
import { get } from "node:http";
import { expect, it } from "vitest";
import { PAGE } from "../src/commands/playground.js";
import { run, type Io, type Signal } from "../src/index.js";
import { selectron } from "./harness.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the server answers to paths, which are sent as they are. */
async function answers(paths: readonly string[]): Promise<string[]> {
  const files = new Map([
    [`${PAGE}/index.html`, bytes("<p>page")],
    [`${PAGE}/assets/a.js`, bytes("1;")],
  ]);
  let stop: (signal: Signal) => void = () => undefined;
  let told: (text: string) => void = () => undefined;
  const said = new Promise<string>((give) => (told = give));
  const io = {
    listFolder: (folder: string) =>
      [...files.keys()].flatMap((path) => (path.startsWith(folder) ? [path.slice(folder.length)] : [])),
    isFolder: () => false,
    readBytes: (path: string) => files.get(path)!,
    onInterrupt: (handler: (signal: Signal) => void) => {
      stop = handler;
      return () => undefined;
    },
    out: (text: string) => told(text),
    err: (text: string) => told(text),
  } as unknown as Io;
  const ended = run(["playground", "--port", "0"], io);
  const port = /127\.0\.0\.1:(\d+)/.exec(await said)![1];
  const found = await Promise.all(
    paths.map(
      (path) =>
        new Promise<string>((give) => {
          get({ host: "127.0.0.1", port, path }, (response) => {
            let body = "";
            response.on("data", (data: Buffer) => (body += data.toString()));
            response.on("end", () => give(`${response.statusCode} ${response.headers["content-type"] ?? ""} ${body}`));
          });
        }),
    ),
  );
  stop("SIGINT");
  expect(await ended).toBe(0);
  return found;
}

it("serves the page and its files, and nothing else", async () => {
  expect(await answers(["/", "/?a=1", "/assets/a.js", "/../package.json", "/..%2fpackage.json", "/none"])).toEqual([
    "200 text/html; charset=utf-8 <p>page",
    "200 text/html; charset=utf-8 <p>page",
    "200 text/javascript; charset=utf-8 1;",
    "404  ",
    "404  ",
    "404  ",
  ]);
});

it.each([
  "/../../package.json",
  "/assets/../../package.json",
  "/assets/..%2f..%2fpackage.json",
  "/%2e%2e/package.json",
  "/..\\package.json",
  "/%5c..%5cpackage.json",
  "//etc/passwd",
  "/file:///etc/passwd",
  "/index.html%00.js",
  "/assets/",
  "/__proto__",
])("%s leads nowhere", async (path) => {
  expect(await answers([path])).toEqual(["404  "]);
});

it("says so where the page has not been built", async () => {
  const { exitCode, err } = await selectron(["playground"]);
  expect([exitCode, err]).toEqual([
    2,
    "error: the page has not been built\n  help: run `npm run playground` in the repository\n",
  ]);
});
