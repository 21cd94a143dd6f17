/** The suite in a module worker. */
import { suite } from "./suite.mjs";

postMessage(await suite(true).catch((error) => ({ error: error.message })));
