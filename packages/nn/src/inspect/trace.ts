/** Looking inside a forward pass: all activations by name, and hooks on some of them. */
import { checks, Tensor } from "@selectron/core";
import type { Watching } from "../recorder.js";

/** A forward pass that takes callbacks, such as `(watching) => model.forward(tokens, watching)`. */
export type Watchable<Result> = (watching: Watching) => Result;

/** A forward pass with its activations. */
export interface Trace<Result> {
  readonly result: Result;
  /** Every named activation, in the order of computation; `ForwardOptions` lists the names. */
  readonly activations: ReadonlyMap<string, Tensor>;
}

const aPass = checks.aFunction("a forward pass, such as (watching) => model.forward(tokens, watching)");

/** Runs a forward pass and keeps all its named activations. */
export function trace<Result>(run: Watchable<Result>): Trace<Result> {
  checks.check("trace: run", run, aPass);
  const activations = new Map<string, Tensor>();
  const result = checks.checkSynchronous("trace", run({ record: (name, value) => void activations.set(name, value) }));
  return { result, activations };
}

/** Called with an activation. If it returns a tensor, the pass continues with that one; other results are ignored. */
export type Hook = (value: Tensor, name: string) => unknown;

/**
 * Runs a forward pass with hooks on activations. A key is a name in which `*` matches any one part, as in
 * "blocks.*.attention.pattern"; if several match, each gets the result of the one before.
 *
 * @throws RangeError if a hook was never called, because no activation matches its key
 */
export function withHooks<Result>(hooks: Readonly<Record<string, Hook>>, run: Watchable<Result>): Result {
  checks.check("withHooks: hooks", hooks, checks.anObject("an object of functions by name"));
  for (const [key, hook] of Object.entries(hooks)) {
    checks.check(`withHooks: hooks: ${key}`, hook, checks.aFunction("a function of a tensor"));
  }
  checks.check("withHooks: run", run, aPass);
  const waiting = Object.entries(hooks).map(([key, hook]) => ({ key, fits: matcher(key), hook, called: false }));
  const names: string[] = [];
  const result = run({
    patch: (name, value) => {
      names.push(name);
      return waiting.reduce((current, entry) => {
        if (!entry.fits(name)) return current;
        entry.called = true;
        const returned = entry.hook(current, name);
        return returned instanceof Tensor ? returned : current;
      }, value);
    },
  });
  const unused = waiting.filter(({ called }) => !called).map(({ key }) => key);
  if (unused.length > 0) {
    throw new RangeError(`withHooks: no activation is called ${unused.join(" or ")}; there are ${names.join(", ")}.`);
  }
  return result;
}

/** Whether a name matches a key, part by part. */
function matcher(key: string): (name: string) => boolean {
  const parts = key.split(".");
  return (name) => {
    const given = name.split(".");
    return given.length === parts.length && parts.every((part, i) => part === "*" || part === given[i]);
  };
}
