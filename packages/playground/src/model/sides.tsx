/** The program and the model side by side; and each s-op where it appears in the model, with values to patch. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { t } from "../texts/texts.js";
import type { LookReply, TracedRow } from "../worker/model-protocol.js";
import { patches } from "./state.js";

/** The value that is about to be patched. */
const chosen = signal<{ readonly sop: string; readonly position: number } | undefined>(undefined);

/** Sets a value of an s-op; without a choice takes the patch away. */
function patch(sop: string, position: number, choice: number | undefined): void {
  const others = patches.value.filter((each) => each.sop !== sop || each.position !== position);
  patches.value = choice === undefined ? others : [...others, { sop, position, choice }];
  chosen.value = undefined;
}

const patchOf = (sop: string, position: number) =>
  patches.value.find((each) => each.sop === sop && each.position === position);

function Cell({ row, position }: { row: TracedRow; position: number }): VNode {
  const { name, decoded, choices } = row;
  const { value: now } = chosen;
  const text = decoded[position]!;
  const current = patchOf(name, position);
  if (choices.length < 2) return <span class="value">{text}</span>;
  if (now?.sop === name && now.position === position) {
    return (
      <select
        class="patch"
        aria-label={t("patch.choose", { name, position })}
        ref={(element) => element?.focus()}
        value={current?.choice ?? ""}
        onBlur={() => (chosen.value = undefined)}
        onChange={({ currentTarget: { value } }) => patch(name, position, value === "" ? undefined : Number(value))}
      >
        <option value="">{t("patch.none")}</option>
        {choices.map((choice, i) => (
          <option key={i} value={i}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  return (
    <button
      type="button"
      class={current ? "value patched" : "value"}
      title={t("patch.title", { name, position, value: text })}
      onClick={() => (chosen.value = { sop: name, position })}
    >
      {text}
    </button>
  );
}

/** The language's second name of the input is not one that programs use. */
const nameOf = ({ name }: TracedRow): string => (name === "tokens_str" ? "tokens" : name);

const place = ({ layer, sublayer }: TracedRow): string =>
  layer === 0
    ? t("stream.embedding")
    : t(sublayer === "attention" ? "picture.attention" : "picture.feedForward", { layer });

function Row({
  label,
  values,
  against,
}: {
  label: string;
  values: readonly string[];
  against?: readonly string[];
}): VNode {
  return (
    <tr>
      <th scope="row">{label}</th>
      {values.map((value, i) => (
        <td key={i}>
          <span class={against && against[i] !== value ? "value differs" : against ? "value result" : "value"}>
            {value === " " ? "␣" : value}
          </span>
        </td>
      ))}
    </tr>
  );
}

export function Sides({ look }: { look: LookReply }): VNode {
  const { tokens, program, model, rows } = look;
  const agree = !program || program.every((value, i) => value === model[i]);
  return (
    <section class="layer" data-tour="sides">
      <h3>
        {t("sides.title")}{" "}
        <small>
          {program ? t(agree ? "sides.agree" : patches.value.length > 0 ? "sides.differPatched" : "sides.differ") : ""}
        </small>
      </h3>
      <div class="card">
        <div class="scroll">
          <table class="strip">
            <tbody>
              <Row label={t("input.label")} values={tokens} />
              {program && <Row label={t("sides.program")} values={program} />}
              <Row label={t("sides.model")} values={model} against={program ?? model} />
            </tbody>
          </table>
        </div>
        {rows.length > 0 && (
          <>
            <p class="quiet">{t("sides.rows")}</p>
            <div class="scroll">
              <table class="steps">
                <tbody>
                  {rows.map((row, i) => (
                    <tr key={i}>
                      <th scope="row">{nameOf(row)}</th>
                      {row.decoded.map((_, position) => (
                        <td key={position}>
                          <Cell row={row} position={position} />
                        </td>
                      ))}
                      <td class="where quiet">{place(row)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {patches.value.length > 0 && (
              <button type="button" onClick={() => (patches.value = [])}>
                {t("patch.clear", { n: patches.value.length })}
              </button>
            )}
          </>
        )}
      </div>
    </section>
  );
}
