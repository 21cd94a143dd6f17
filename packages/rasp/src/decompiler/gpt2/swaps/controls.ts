/** Searches for subspaces where there is nothing to be found: what they give is what the search itself is worth. */
import { randn, tensor, type Rng } from "@selectron/core";
import { Gpt2 } from "@selectron/nn";
import type { Controls } from "../../common/interchange.js";
import type { Share } from "../../common/share.js";
import { followed, type Half } from "../../interchange/measure.js";
import type { Readout } from "../readout/readout.js";
import type { Variable } from "../variables/variable.js";
import { aligned, type AlignmentOptions } from "./alignment.js";
import { ProgramRuns } from "./program-runs.js";
import { textsOf } from "./readout-comparison.js";
import { SwappedModel } from "./swapped-model.js";
import type { Pair } from "./swapped-runs.js";

/** The standard deviation of the weights of a GPT-2 before training (Radford et al. 2019). */
const DEVIATION = 0.02;

/** The controls of each variable by its key: on half of the pairs subspaces are learned, on the other half they are measured. */
export function controlsOf(
  activation: string,
  swapped: SwappedModel,
  readout: Readout,
  variables: readonly Variable[],
  options: AlignmentOptions,
): (variable: string) => Controls {
  const { rng } = options;
  const pairs = {
    search: shuffledSources(swapped.pairs.search, rng),
    report: shuffledSources(swapped.pairs.report, rng),
  };
  const random = shares(swapped, new ProgramRuns(readout, pairs));
  const model = untrained(swapped.model, rng);
  const blank = shares(new SwappedModel(model, swapped.task, swapped.pairs), new ProgramRuns(readout, swapped.pairs));
  return (variable) => ({ randomLabels: random.get(variable)!, untrained: blank.get(variable)! });

  function shares(of: SwappedModel, runs: ProgramRuns): Map<string, Share> {
    const places = aligned(activation, of, runs, variables, options)!;
    const half: Half = "report";
    return new Map(
      [...places].map(([variable, place]) => {
        const [plain, own] = [runs.decisions(half, undefined), runs.decisions(half, variable)];
        const [model] = of.decisions(half, [place]);
        return [variable, followed(textsOf(plain), textsOf(own), textsOf(model!)).accuracy];
      }),
    );
  }
}

/** Every base with the source of another pair, so that the program's variable has nothing to do with the model's source. */
function shuffledSources(pairs: readonly Pair[], rng: Rng): Pair[] {
  return pairs.map(({ base, source }) => {
    const others = pairs.filter((other) => other.source !== source && other.source.ids.length >= base.ids.length);
    return { base, source: others.length === 0 ? source : rng.pick(others).source };
  });
}

/** A model of the same sizes with random weights. */
function untrained({ config, parameters }: Gpt2, rng: Rng): Gpt2 {
  const drawn = [...parameters].map(([name, { shape }]): [string, ReturnType<typeof randn>] => {
    const size = shape.reduce((a, b) => a * b, 1);
    if (/ln_[12f]\.weight$/.test(name)) return [name, tensor(new Float32Array(size).fill(1), shape)];
    if (name.endsWith(".bias")) return [name, tensor(new Float32Array(size), shape)];
    return [
      name,
      tensor(
        randn([size], rng).data.map((x) => DEVIATION * x),
        shape,
      ),
    ];
  });
  return new Gpt2(config, new Map(drawn));
}
