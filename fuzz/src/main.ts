/**
 * npm run fuzz [-- --seed N --count N --kinds a,b --only N --out FOLDER --jobs N]: mutations of every kind of file and text that Selectron
 * reads. Exit code 1 if one of them is answered otherwise than the documents say.
 */
import { Command } from "commander";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fuzz, MOST_MEMORY, type Tally } from "./foreman.js";
import { sortOf } from "./judge.js";
import { KINDS } from "./kinds/index.js";

interface Options {
  readonly seed: string;
  readonly count: string;
  readonly kinds?: string;
  readonly only?: string;
  readonly out?: string;
  readonly jobs: string;
}

/** How many of `count` mutations each kind gets, by its share. */
function counts(names: readonly string[], count: number): Map<string, number> {
  const kinds = KINDS.filter(({ name }) => names.includes(name));
  const shares = kinds.reduce((sum, { share }) => sum + share, 0);
  return new Map(kinds.map(({ name, share }) => [name, Math.ceil((count * share) / shares)]));
}

function keep(folder: string, seed: number, { kind, findings }: Tally): void {
  mkdirSync(folder, { recursive: true });
  for (const { number, what, input } of findings) {
    const name = join(folder, `${kind}-${seed}-${number}`);
    writeFileSync(`${name}.txt`, `${what}\n\n${again(kind, seed, number)}\n`);
    if (input) writeFileSync(name, Buffer.from(input.bytes, "base64"));
  }
}

const again = (kind: string, seed: number, number: number): string =>
  `npm run fuzz -- --kinds ${kind} --seed ${seed} --only ${number}`;

/** Of each sort of fault the first one, with its number. */
function tell({ kind, accepted, refused, unchanged, slowest, growth, findings }: Tally, seed: number): void {
  const total = accepted + refused + unchanged + findings.length;
  console.log(
    `${kind}: ${total} mutations, ${accepted} accepted, ${refused} refused, ${unchanged} unchanged, ${findings.length} faults; ` +
      `slowest ${Math.round(slowest)} ms, growth ${growth.toFixed(1)} MB`,
  );
  const sorts = new Map<string, number>();
  for (const { what } of findings) sorts.set(sortOf(what), (sorts.get(sortOf(what)) ?? 0) + 1);
  const told = new Set<string>();
  for (const { number, what } of findings) {
    if (told.has(sortOf(what))) continue;
    told.add(sortOf(what));
    console.log(`  FAULT, ${sorts.get(sortOf(what))} times: ${what.slice(0, 700)}\n    ${again(kind, seed, number)}`);
  }
}

async function main(options: Options): Promise<void> {
  const names = options.kinds?.split(",") ?? KINDS.map(({ name }) => name);
  const unknown = names.find((name) => !KINDS.some((kind) => kind.name === name));
  if (unknown !== undefined) {
    console.error(
      `error: there is no kind "${unknown}"\n  help: the kinds are ${KINDS.map(({ name }) => name).join(", ")}`,
    );
    process.exitCode = 2;
    return;
  }
  const seed = Number(options.seed);
  const only = options.only === undefined ? undefined : Number(options.only);
  const todo = [...counts(names, Number(options.count))];
  let [total, faults] = [0, 0];
  const next = async (): Promise<void> => {
    for (let item = todo.shift(); item; item = todo.shift()) {
      const [kind, count] = item;
      const tally = only === undefined ? await fuzz(kind, seed, 0, count) : await fuzz(kind, seed, only, only + 1);
      tell(tally, seed);
      if (options.out !== undefined) keep(options.out, seed, tally);
      if (tally.growth > MOST_MEMORY) console.log(`  FAULT: the process grew by ${tally.growth.toFixed(1)} MB`);
      total += tally.accepted + tally.refused + tally.unchanged + tally.findings.length;
      faults += tally.findings.length + (tally.growth > MOST_MEMORY ? 1 : 0);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, next));
  console.log(`${total} mutations, ${faults} faults`);
  if (faults > 0) process.exitCode = 1;
}

await new Command("fuzz")
  .description("mutations of every kind of file and text that Selectron reads")
  .option("--seed <n>", "which mutations; equal seeds, equal mutations", "1")
  .option("--count <n>", "how many, over all kinds", "20000")
  .option("--kinds <names>", "only these, with commas between")
  .option("--only <n>", "only the mutation of this number")
  .option("--out <folder>", "failing inputs go there, made smaller, each with the command that repeats it")
  .option("--jobs <n>", "processes at once", String(Math.max(1, availableParallelism() - 1)))
  .action(main)
  .parseAsync();
