import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "**/dist/",
      "packages/cli/page/",
      ".page/",
      ".cache/",
      ".site/",
      "packages/wasm-simd/assembly/",
      "bench/assembly/",
      "packages/wasm-simd/src/**/binary.ts",
    ],
  },
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    rules: {
      // Loops over tensors index arrays whose bounds the surrounding code has just established.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/prefer-for-of": "off",
      // One dialect: `#private` members, fields that are declared, and braces around a body on a line of its own.
      curly: ["error", "multi-line", "consistent"],
      "@typescript-eslint/parameter-properties": ["error", { prefer: "class-property" }],
      "no-restricted-syntax": [
        "error",
        {
          selector: ":matches(PropertyDefinition, MethodDefinition[kind!='constructor'])[accessibility='private']",
          message: "Write #name: it is private in JavaScript too.",
        },
      ],
    },
  },
);
