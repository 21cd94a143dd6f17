/** Before each test file. */
import { referenceKernels, setKernels } from "@selectron/core";
import fc from "fast-check";

// Property tests draw the same cases everywhere; FC_SEED=n draws others, to look further.
fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 20261122) });

// Files may share a process (vitest.config.ts): each begins with the kernels that core begins with.
setKernels(referenceKernels);
