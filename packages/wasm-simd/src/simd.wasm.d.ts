/** What an import of the binary gives in hosts that compile modules ahead of time, for `source`. */
import type { HostModule } from "./options.js";

declare const module: HostModule;
export default module;
