/** The answer to why: for a cell which comparison holds, for a value what it was made of, each part to be asked about in turn. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { asked, picture, why } from "../app/state.js";
import { t } from "../texts/texts.js";
import type { CellReason, Reading, ValueReason, WhyReply } from "../worker/protocol.js";

/** An s-op at a position with its value: a button where it can be followed. */
function Read({ reading }: { reading: Reading }): VNode {
  const { id, name, position, value, isOpen } = reading;
  const isConstant = name === value || name === `"${value}"`;
  const content = isConstant ? (
    <b>{value}</b>
  ) : (
    <>
      {name}
      <sub>{position}</sub> = <b>{value}</b>
    </>
  );
  if (!isOpen) return <span class="reading">{content}</span>;
  return (
    <button
      type="button"
      class="reading"
      onClick={() => (asked.value = { kind: "why", of: "value", node: id, position })}
    >
      {content}
    </button>
  );
}

const Mark = ({ holds }: { holds: boolean }): VNode => (
  <span class={holds ? "yes" : "no"} aria-label={t(holds ? "why.holds" : "why.holdsNot")}>
    {holds ? "✓" : "✗"}
  </span>
);

/** A comparison, or what combines several. */
function Comparison({ reason }: { reason: CellReason }): VNode {
  if (reason.kind === "select") {
    return (
      <li>
        <Mark holds={reason.holds} /> <span class="tag">{t("why.key")}</span> <Read reading={reason.key} />{" "}
        <code>{reason.op}</code> <span class="tag">{t("why.query")}</span> <Read reading={reason.query} />
      </li>
    );
  }
  const heading: ComponentChildren =
    reason.kind === "best" ? (
      <>
        {t(reason.holds ? "why.best" : reason.best ? "why.notBest" : "why.noBest")} <Read reading={reason.score} />
        {reason.best && !reason.holds && (
          <>
            {" "}
            {t("why.against")} <Read reading={reason.best} />
          </>
        )}
      </>
    ) : (
      t(`why.${reason.kind}`)
    );
  return (
    <li>
      <Mark holds={reason.holds} /> {heading}
      <ul>
        {reason.parts.map((part, i) => (
          <Comparison key={i} reason={part} />
        ))}
      </ul>
    </li>
  );
}

/** How operators and functions are written: between their arguments, or before them. */
function Applied({ reason }: { reason: Extract<ValueReason, { kind: "map" }> }): VNode {
  const { fn, args, taken } = reason;
  if (taken !== undefined) {
    return (
      <p>
        <Read reading={args[0]!} />
        {t(taken === 1 ? "why.soThen" : "why.soElse")} <Read reading={args[taken]!} />
      </p>
    );
  }
  if (args.length === 2 && fn !== "[]") {
    return (
      <p>
        <Read reading={args[0]!} /> <code>{fn}</code> <Read reading={args[1]!} />
      </p>
    );
  }
  return (
    <p>
      <code>{fn === "[]" ? t("why.item") : fn}</code>{" "}
      {args.map((arg, i) => (
        <Read key={i} reading={arg} />
      ))}
    </p>
  );
}

function ValueText({ reason }: { reason: ValueReason }): VNode {
  switch (reason.kind) {
    case "tokens":
    case "indices":
    case "constant":
    case "loop":
    case "state":
    case "other":
      return <p>{t(`why.${reason.kind}`)}</p>;
    case "map":
      return <Applied reason={reason} />;
    case "aggregate": {
      const { selector, selected, values, isDefault } = reason;
      const key = isDefault ? "why.default" : selected.length === 1 ? "why.copied" : "why.mean";
      return (
        <p>
          {t(key, { selector: selector.name, positions: selected.slice(0, 24).join(", ") })}{" "}
          {values.length === 1 ? <Read reading={values[0]!} /> : values.length > 1 && <Values values={values} />}
          {selected.length > values.length && " …"}
        </p>
      );
    }
  }
}

/** Values of one s-op at several positions: its name once. */
const Values = ({ values }: { values: readonly Reading[] }): VNode => (
  <span class="values">
    <code>{values[0]!.name}</code>{" "}
    {values.map(({ id, position, value, isOpen }) => (
      <button
        key={position}
        type="button"
        class="reading"
        disabled={!isOpen}
        onClick={() => (asked.value = { kind: "why", of: "value", node: id, position })}
      >
        <sub>{position}</sub> <b>{value}</b>
      </button>
    ))}
  </span>
);

/** Marks the cells of the row that gave a value. */
function markCells(answer: WhyReply | undefined): void {
  for (const cell of document.querySelectorAll(".matrix .gave")) cell.classList.remove("gave");
  if (answer?.of !== "value" || answer.reason.kind !== "aggregate") return;
  const row = `[data-head="${answer.reason.selector.id}"] td[data-q="${answer.at.position}"].on`;
  for (const cell of document.querySelectorAll(row)) cell.classList.add("gave");
}

/** What has been asked, with its answer; a hint where nothing has. */
export function Reason(): VNode {
  const answer = why.value;
  useEffect(() => markCells(asked.value ? answer : undefined));
  const isAsked = asked.value !== undefined && answer !== undefined && answer.of !== "nothing";
  const hasMatrix = picture.value?.layers.some(({ heads }) => heads.length > 0) ?? false;
  if (!isAsked) return <aside class="reason quiet">{t(hasMatrix ? "why.hint" : "why.hintValues")}</aside>;
  const question = asked.value!;
  return (
    <aside class="reason" aria-live="polite">
      <button type="button" class="close" aria-label={t("close")} onClick={() => (asked.value = undefined)}>
        ×
      </button>
      {answer.of === "cell" && question.of === "cell" ? (
        <>
          <p>{t(answer.reason.holds ? "why.cell" : "why.cellNot", { query: question.query, key: question.key })}</p>
          <ul class="comparisons">
            <Comparison reason={answer.reason} />
          </ul>
        </>
      ) : answer.of === "value" ? (
        <>
          <p>
            <span class="reading">
              {answer.at.name}
              <sub>{answer.at.position}</sub> = <b>{answer.at.value}</b>
            </span>
          </p>
          <ValueText reason={answer.reason} />
        </>
      ) : null}
    </aside>
  );
}
