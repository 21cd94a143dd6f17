/** What TypeScript finds for `require`: the same as for `import`. */
export * from "./index.js";
