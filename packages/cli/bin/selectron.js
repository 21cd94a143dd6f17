#!/usr/bin/env node
/** The `selectron` command. It is committed, not built, so that `npm ci` can link it before there is anything in `dist`. */
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`error: selectron needs Node 20.19 or newer, and this is Node ${process.versions.node}`);
  process.exit(2);
}
try {
  await import("../dist/main.js");
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error(`error: selectron is not built: ${error.message}\n  help: run \`npm run build\` in the repository`);
  process.exitCode = 2;
}
