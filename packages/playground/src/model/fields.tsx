/** Fields of the forms of weights and training: for which inputs. */
import type { VNode } from "preact";
import { t } from "../texts/texts.js";

/** The tokens that a model takes; an empty field stands for those of the input. */
export const Vocabulary = ({ value, set }: { value: string; set: (value: string | undefined) => void }): VNode => (
  <label>
    {t("model.vocabulary")}
    <input
      type="text"
      value={value}
      maxLength={200}
      spellcheck={false}
      autocapitalize="off"
      onInput={({ currentTarget }) => set(currentTarget.value === "" ? undefined : currentTarget.value)}
    />
  </label>
);

/** The longest input. What is no whole number is `undefined`. */
export const Length = (given: {
  value: number;
  from: number;
  to: number;
  set: (value: number | undefined) => void;
}): VNode => (
  <label>
    {t("model.maxLength")}
    <input
      type="number"
      min={given.from}
      max={given.to}
      value={given.value}
      onInput={({ currentTarget: { valueAsNumber } }) =>
        given.set(Number.isInteger(valueAsNumber) ? Math.min(given.to, Math.max(given.from, valueAsNumber)) : undefined)
      }
    />
  </label>
);

/** A choice of yes or no. */
export const Choice = ({
  value,
  set,
  label,
}: {
  value: boolean;
  set: (value: boolean) => void;
  label: string;
}): VNode => (
  <label class="check">
    <input type="checkbox" checked={value} onChange={({ currentTarget: { checked } }) => set(checked)} />
    {label}
  </label>
);
