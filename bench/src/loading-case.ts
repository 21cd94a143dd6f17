/** Reads or loads a file in a process of its own: `node loading-case.js WAY PATH`, JSON on stdout. */
import { measureLoading, type LoadingWay } from "./suites/loading.js";

console.log(JSON.stringify(measureLoading(process.argv[2] as LoadingWay, process.argv[3]!)));
