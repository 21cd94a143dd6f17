/**
 * What `require` finds where it cannot load ES modules, as in Node before 20.19 and in Jest; elsewhere an earlier condition of `exports`
 * gives the package itself.
 */
throw new Error(
  "@selectron/nn is an ES module, which `require` cannot load here.\n" +
    '  help: write `import`, or `await import("@selectron/nn")`; `require` works in Node 20.19 and newer, and Jest has --experimental-vm-modules',
);
