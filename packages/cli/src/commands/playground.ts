/** `selectron playground`: serves the page that the package brings, to this machine only. */
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { reason } from "../files/reason.js";

/** The page as the build wrote it: the same folder from `src` and from `dist`. */
export const PAGE = fileURLToPath(new URL("../../page", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
};

interface PlaygroundOptions {
  readonly port: number;
}

/** Adds the command. */
export function registerPlayground(program: Command, context: Context): void {
  program
    .command("playground")
    .description("serves the playground, a page for the browser, on this machine: write, see, compile, solve puzzles")
    .option("--port <number>", "the port; 0 takes any that is free", wholeNumber(0, 65_535), 8017)
    .action((options: PlaygroundOptions) => playground(context, options));
}

async function playground(context: Context, { port }: PlaygroundOptions): Promise<void> {
  const files = pageFiles(context);
  const server = createServer(({ method, url = "/" }, response) => {
    // The files are all there is: a path that leads elsewhere is none of them.
    const path = url.replace(/[?#].*$/, "").slice(1) || "index.html";
    const body = files.get(path);
    const isRead = method === "GET" || method === "HEAD";
    if (!body || !isRead) {
      response.writeHead(isRead ? 404 : 405).end();
      return;
    }
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    response.writeHead(200, {
      "Content-Type": type,
      "Content-Length": body.length,
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(method === "HEAD" ? undefined : body);
  });
  const at = await listening(server, port);
  context.print(`The playground is at http://127.0.0.1:${at}/; Ctrl+C ends it.`);
  await interrupted(context);
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
}

/** The files of the page by their paths. @throws UsageError where the page has not been built */
function pageFiles({ io }: Context): ReadonlyMap<string, Uint8Array> {
  const names = ["", "assets/"].flatMap((folder) => io.listFolder(`${PAGE}/${folder}`).map((name) => folder + name));
  const paths = names.filter((name) => !io.isFolder(`${PAGE}/${name}`));
  if (!paths.includes("index.html")) {
    throw new UsageError("the page has not been built", "run `npm run playground` in the repository");
  }
  return new Map(paths.map((path) => [path, io.readBytes(`${PAGE}/${path}`)]));
}

/** The port that the server listens at. @throws UsageError where it is taken */
const listening = (server: Server, port: number): Promise<number> =>
  new Promise((settle, reject) => {
    server.once("error", (error) =>
      reject(new UsageError(`--port ${port} cannot be used: ${reason(error)}`, "try another one; --port 0 takes any")),
    );
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      settle(typeof address === "object" && address ? address.port : port);
    });
  });

/** Waits for Ctrl+C or `kill`; where there are no signals there is nothing to wait for. */
const interrupted = ({ io }: Context): Promise<void> =>
  new Promise((ended) => {
    if (!io.onInterrupt) return ended();
    const undo = io.onInterrupt(() => {
      // A host may call back at once, before it has returned what undoes it.
      queueMicrotask(() => undo());
      ended();
    });
  });
