/** The conformance suite of the kernels in what runs this file: Node, Bun or Deno. The outcome is one line of JSON. */
import { check } from "./kernels.mjs";

console.log(JSON.stringify(await check()));
