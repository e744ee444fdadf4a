// How the modules of the pages, report and playground, are checked: `make lint`. They are joined into
// one script by skfashion/_page.py, which reads the two plainest forms of import and export.

import js from "@eslint/js";
import importPlugin from "eslint-plugin-import";
import globals from "globals";

const PLAIN = "Only `import { a, b } from \"./module.js\"` and `export` before a const or a function are joined into the page.";

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { import: importPlugin },
    rules: {
      "curly": ["error", "multi-line"],
      "eqeqeq": "error",
      "no-implicit-globals": "error",
      "no-shadow": ["error", { builtinGlobals: false }],
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "import/first": "error",
      "import/named": "error",
      "import/newline-after-import": "error",
      "import/no-cycle": "error",
      "import/no-duplicates": "error",
      "import/no-mutable-exports": "error",
      "import/no-unresolved": "error",
      "no-restricted-syntax": ["error", ...[
        "ExportAllDeclaration",
        "ExportDefaultDeclaration",
        "ExportNamedDeclaration > ClassDeclaration",
        "ExportNamedDeclaration > VariableDeclaration > VariableDeclarator > :matches(ArrayPattern, ObjectPattern)",
        "ExportSpecifier",
        "ImportDeclaration[specifiers.length=0]",
        "ImportDefaultSpecifier",
        "ImportExpression",
        "ImportNamespaceSpecifier",
      ].map((selector) => ({ selector, message: PLAIN }))],
    },
  },
];
