/** Builds session.ts for Node, with the page's sources and its worker as in the page's own build: `npm run soak` runs it. */
import { fileURLToPath } from "node:url";
import { mergeConfig } from "vite";
import page from "../../vite.config.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

export default mergeConfig(
  { ...page, plugins: [] },
  {
    publicDir: false,
    build: {
      outDir: path("../../../../.cache/session"),
      minify: false,
      reportCompressedSize: false,
      lib: { entry: path("session.ts"), formats: ["es"], fileName: "session" },
    },
  },
);
