/**
 * The choice among programs that decide alike: the one that the model follows. What the heads do that matter makes programs of its own. Each
 * program is fitted again, to decisions on sequences, on swapped runs and on random strings together, and judged by all three; of programs
 * that are as good the one with fewer lines and numbers is taken.
 */
import { LEAST_MATCH } from "../../common/report.js";
import type { Observed } from "../data/observe.js";
import { FEW_SYMBOLS } from "../data/task.js";
import { patternDistance, type HeadReading } from "../heads/head-reading.js";
import { atPosition, back, namedPatterns } from "../heads/named-patterns.js";
import type { Json } from "../../../language/text/value-json.js";
import { fitReadout } from "../readout/fit.js";
import { programText, variablesOf } from "../readout/program-text.js";
import { readoutJson, readoutOf } from "../readout/readout-json.js";
import type { Readout } from "../readout/readout.js";
import { simplify } from "../readout/simplify.js";
import { SEARCH_SHARE, type Run } from "../run.js";
import { judged, swappedFits } from "../swaps/index.js";
import type { SwappedModel } from "../swaps/swapped-model.js";
import { answered, claimed, type Question } from "../team.js";
import { attendVariable, positionModuloVariable, tokenVariable } from "../variables/basic.js";
import { combine } from "../variables/elementwise.js";
import type { Pattern, Variable } from "../variables/variable.js";
import { valueOf, type Candidate } from "./candidate.js";
import type { Found } from "./search.js";

/** Programs of the search that are refined, and how much less than the best one of them may match. */
const [REFINED, LESS] = [8, 0.02];
/** A head that changes fewer decisions is left out. */
const LEAST_CHANGED = 0.02;
/** A head has the name of a pattern that is no farther from it, in total variation. */
const NAMED = 0.1;
/** Swaps and random strings count as much as sequences; what each line and number costs. */
const [LINE_PRICE, NUMBER_PRICE] = [0.005, 0.0005];
/** Programs of no better value are not looked for. */
const ENOUGH = 0.98;

/** What programs are refined by. */
export interface Evidence {
  readonly swapped: SwappedModel;
  readonly readings: readonly HeadReading[];
  /** Random strings that none of the report is among. */
  readonly random: readonly Observed[];
}

/** The readout that the model follows best, simplified. */
export function refine(run: Run, found: Found, evidence: Evidence): Readout {
  const { tune, select, clock, progress } = run;
  const plain = simplify(found.readout, [...tune, ...select]);
  let best = { readout: plain, value: valueIn(run, evidence, plain) };
  const sets = [...headPrograms(run, evidence), ...fromSearch(found)];
  const questions = sets.map((variables, s): Question => {
    const compute = (): Json => {
      const readout = refitted(run, evidence, variables);
      return { readout: readoutJson(readout), value: valueIn(run, evidence, readout) };
    };
    return { key: `refine ${s}: ${variables.map(({ key }) => key).join(" | ")}`, compute };
  });
  const own = takenFirst(run, questions, best.value);
  for (const [s, variables] of sets.entries()) {
    progress("programs that the model follows", s, sets.length);
    if (clock.expired(UNTIL) || best.value > ENOUGH) break;
    const { readout, value } = answered(run.team, questions[s]!, own.get(s)) as unknown as Refined;
    if (value > best.value) best = { readout: readoutOf(readout, run.task, variables), value };
  }
  return best.readout;
}

/** A refined program, as threads give it to each other. */
interface Refined {
  readonly readout: Json;
  readonly value: number;
}

/** With other threads: the programs that none of them refines, in order, until one is good enough. */
function takenFirst({ team, clock, progress }: Run, questions: readonly Question[], least: number): Map<number, Json> {
  const own = new Map<number, Json>();
  let best = least;
  for (const [s, question] of team ? questions.entries() : []) {
    if (clock.expired(UNTIL) || best > ENOUGH) break;
    progress("programs that the model follows", s, questions.length);
    const refined = claimed(team, question);
    if (refined === undefined) continue;
    own.set(s, refined);
    best = Math.max(best, (refined as unknown as Refined).value);
  }
  return own;
}

/** The share of the time after which no more programs are refined. */
const UNTIL = Math.max(SEARCH_SHARE, 0.8);

/** A readout of variables, fitted to sequences, to swapped runs and to random strings. */
function refitted({ task, tune, select }: Run, { swapped, random }: Evidence, variables: readonly Variable[]): Readout {
  const first = fitReadout(task, variables, tune);
  const swaps = swappedFits(swapped, first);
  const all = [...tune, ...swaps, ...random];
  return simplify(fitReadout(task, variables, all), [...all, ...select]);
}

/** What a program is worth: its match, how far the model follows it, and its agreement on random strings, less its size. */
function valueIn({ select, tune }: Run, { swapped, random }: Evidence, readout: Readout): number {
  const match = readout.match([...select, ...tune]);
  if (match < LEAST_MATCH) return match - 1;
  const { followed, unexplained } = judged(swapped, readout);
  const agreement = random.length === 0 ? match : readout.match(random);
  const lines = programText(readout).trim().split("\n").length;
  const numbers =
    readout.parameters + variablesOf(readout).reduce((sum, { pattern }) => sum + (pattern?.parameters ?? 0), 0);
  return (match + followed + agreement) / 3 - unexplained - LINE_PRICE * lines - NUMBER_PRICE * numbers;
}

/** The best sets of variables of the search, the best one of all first, then those that need no counts. */
function fromSearch({ tried, variables }: Found): (readonly Variable[])[] {
  const most = Math.max(...tried.map(({ match }) => match));
  const good = tried.filter(({ match }) => match >= Math.max(LEAST_MATCH, most - LESS));
  const rank = ({ variables: own }: Candidate): number => own.filter(({ function: name }) => name !== undefined).length;
  const sorted = good.sort((a, b) => rank(a) - rank(b) || valueOf(b) - valueOf(a)).slice(0, REFINED);
  return [variables, ...sorted.map((candidate) => candidate.variables).filter((set) => set !== variables)];
}

/** Programs of what the heads do that matter, with tokens and without. */
function headPrograms(run: Run, { swapped, readings }: Evidence): (readonly Variable[])[] {
  const { task } = run;
  if (task.vocabulary.length > FEW_SYMBOLS) return [];
  const tokens = tokenVariable(task);
  const changes = swapped.changes("search");
  const heads = readings.filter(({ layer, head }) => (changes.get(`${layer}.${head}`) ?? 0) >= LEAST_CHANGED);
  const previous = attendVariable(back(1), tokens);
  const read = heads.map((reading) => {
    const { layer, pattern, byWeights } = reading;
    const named = nameOf(run, reading);
    const exact = byWeights?.pattern ?? pattern;
    const of = layer > 0 ? [tokens, previous] : [tokens];
    return { named: named && attendVariable(named, tokens), exact: of.map((one) => attendVariable(exact, one)) };
  });
  const named = read.map((head) => head.named ?? head.exact[0]!);
  const exact = read.map((head) => head.exact[0]!);
  const sets = [named, exact].flatMap((variables) => [
    variables,
    [tokens, ...variables],
    ...(variables.length === 1 ? [[combine(tokens, variables[0]!)]] : []),
  ]);
  const names = namedPatterns(task).map((pattern) => attendVariable(pattern, tokens));
  const moves = (changes.get("positions past 0") ?? 0) >= LEAST_CHANGED;
  const counted = moves ? [2, 3, 4].flatMap((k) => heads.flatMap((reading) => positionPrograms(run, reading, k))) : [];
  return [
    ...counted,
    ...sets.filter((set) => set.length > 0),
    ...names.flatMap((variable) => [[tokens, variable], [combine(tokens, variable)]]),
  ];
}

/** A position compared with the one that a head carries, both modulo k: where the text begins, it is the index. */
function positionPrograms(run: Run, reading: HeadReading, k: number): (readonly Variable[])[] {
  const own = positionModuloVariable(k);
  return [atPosition(0), nameOf(run, reading) ?? reading.pattern].map((pattern) => [
    combine(own, attendVariable(pattern, own)),
  ]);
}

/** The first pattern with a name that a head is near enough to. */
const nameOf = ({ task, tune }: Run, reading: HeadReading): Pattern | undefined =>
  namedPatterns(task).find((one) => patternDistance(one, reading, tune) <= NAMED);
