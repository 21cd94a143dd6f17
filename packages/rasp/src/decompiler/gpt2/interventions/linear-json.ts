/** What is left of a model as JSON, which threads give to each other. */
import { tensor, type Tensor } from "@selectron/core";
import type { Json } from "../../../language/text/value-json.js";
import type { Constants } from "./constants.js";
import type { LinearModel } from "./linearize.js";

type Named = readonly (readonly [string, { readonly shape: readonly number[]; readonly data: readonly number[] }])[];

/** Without −0, which JSON has not. */
const named = (map: ReadonlyMap<string, Tensor>): Named =>
  [...map].map(([name, { shape, data }]) => [name, { shape, data: Array.from(data, (x) => x + 0) }]);

const tensors = (list: Named): Map<string, Tensor> =>
  new Map(list.map(([name, { shape, data }]) => [name, tensor([...data], [...shape])]));

const KINDS = ["constants", "shifts", "logScales"] as const satisfies readonly (keyof Constants)[];

type LinearJson = Omit<LinearModel, "constants"> & {
  readonly constants: Readonly<Record<(typeof KINDS)[number], Named>>;
};

export function linearJson({ constants, ...rest }: LinearModel): Json {
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, named(constants[kind])]));
  return { ...rest, constants: kinds } as unknown as Json;
}

/** The model that `linearJson` wrote. */
export function linearOf(json: Json): LinearModel {
  const { constants, products, ...rest } = json as unknown as LinearJson;
  const [own, shifts, logScales] = KINDS.map((kind) => tensors(constants[kind]));
  return { ...rest, products, constants: { constants: own!, shifts: shifts!, logScales: logScales! } };
}
