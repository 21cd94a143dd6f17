#!/usr/bin/env node
/** The `selectron` command. It is committed, not built, so that `npm ci` can link it before there is anything in `dist`. */
try {
  await import("../dist/main.js");
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error(`error: selectron is not built: ${error.message}\n  help: run \`npm run build\` in the repository`);
  process.exitCode = 2;
}
