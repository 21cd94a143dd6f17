/** Property tests draw the same cases everywhere; FC_SEED=n draws others, to look further. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 20261122) });
