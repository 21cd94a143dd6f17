/**
 * A head as a table: keys on top, queries left, values below, results right. A cell is asked about by pointing at it, or by the arrow keys;
 * a value by a click. Cells and values know their place by data attributes, so that one listener serves all of them.
 */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { asked, sources, visited } from "../app/state.js";
import { t } from "../texts/texts.js";
import type { HeadPicture, Row } from "../worker/protocol.js";

/** The keys that move within a matrix. */
const MOVES: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The row and column of a cell's element. */
const placeOf = (
  element: EventTarget | null,
): { readonly q: number; readonly k: number; readonly cell: HTMLElement } | undefined => {
  const cell = element instanceof Element ? element.closest<HTMLElement>("td[data-q]") : null;
  return cell ? { q: Number(cell.dataset["q"]), k: Number(cell.dataset["k"]), cell } : undefined;
};

/** Lights up the row and the column of a cell; without one none. */
function light(table: HTMLElement, q?: number, k?: number): void {
  for (const lit of table.querySelectorAll(".lit")) lit.classList.remove("lit");
  if (q === undefined || k === undefined) return;
  for (const each of table.querySelectorAll(
    `[data-q="${q}"], [data-row="${q}"], [data-k="${k}"], [data-column="${k}"]`,
  )) {
    each.classList.add("lit");
  }
}

/** A value that can be asked about. */
export function Value({ row, position, isResult = false }: { row: Row; position: number; isResult?: boolean }): VNode {
  const text = row.values[position]!;
  if (row.id < 0) return <span class="value">{text}</span>;
  const { value: question } = asked;
  const isSource = sources.value.includes(` ${row.id}:${position} `);
  const isAsked = question?.of === "value" && question.node === row.id && question.position === position;
  return (
    <button
      type="button"
      class={`value${isResult ? " result" : ""}${isSource ? " source-value" : ""}`}
      aria-pressed={isAsked}
      title={t("picture.how", { name: row.name, position, value: text })}
      onClick={() => (asked.value = isAsked ? undefined : { kind: "why", of: "value", node: row.id, position })}
    >
      {text === "" ? "␣" : text === " " ? "␣" : text}
    </button>
  );
}

/** The place in the program, as a button that goes there. */
export function Place({ line, range }: { line: number; range?: HeadPicture["range"] }): VNode {
  if (line === 0 || !range) return <span class="place">{t("picture.library")}</span>;
  return (
    <button type="button" class="place" onClick={() => (visited.value = { ...range })}>
      {t("picture.line", { line })}
    </button>
  );
}

/** The table of a head. */
export function Matrix({ head, tokens }: { head: HeadPicture; tokens: readonly string[] }): VNode {
  const table = useRef<HTMLTableElement>(null);
  const { id, matrix, queries, uses } = head;
  const n = matrix.length;
  // Rows are positions: where the queries do not say which token each has, it is shown beside them.
  const hasTokens = !queries.some(({ name }) => name === "tokens");
  const beside = queries.length + Number(hasTokens);
  const ask = (element: EventTarget | null): void => {
    const place = placeOf(element);
    if (!place || !table.current) return;
    light(table.current, place.q, place.k);
    const { value: now } = asked;
    if (now?.of === "cell" && now.node === id && now.query === place.q && now.key === place.k) return;
    asked.value = { kind: "why", of: "cell", node: id, query: place.q, key: place.k };
  };
  const move = (event: KeyboardEvent): void => {
    const [place, step] = [placeOf(event.target), MOVES[event.key]];
    if (!place || !step || !table.current) return;
    event.preventDefault();
    const clamp = (x: number): number => Math.min(n - 1, Math.max(0, x));
    const next = table.current.querySelector<HTMLElement>(
      `td[data-q="${clamp(place.q + step[0])}"][data-k="${clamp(place.k + step[1])}"]`,
    );
    if (!next) return;
    place.cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
  const leave = (): void => {
    if (table.current) light(table.current);
  };
  return (
    <div class="scroll">
      <table
        ref={table}
        class="matrix"
        data-head={id}
        role="grid"
        aria-label={t("picture.matrix", { name: head.name })}
        onMouseOver={(event) => ask(event.target)}
        onMouseLeave={leave}
        onFocusCapture={(event) => ask(event.target)}
        onClick={(event) => ask(event.target)}
        onKeyDown={move}
      >
        <Heading head={head} hasTokens={hasTokens} />
        <Rows head={head} tokens={hasTokens ? tokens : undefined} />
        <Values uses={uses} beside={beside} />
      </table>
    </div>
  );
}

/** The queries, the cells and the results, a row for each position. */
function Rows({ head, tokens }: { head: HeadPicture; tokens: readonly string[] | undefined }): VNode {
  const { matrix, queries, uses } = head;
  return (
    <tbody>
      {matrix.map((row, q) => (
        <tr key={q}>
          {tokens && (
            <td class="token" aria-hidden="true">
              {tokens[q]}
            </td>
          )}
          {queries.map((query, i) => (
            <th key={i} scope="row" data-row={q} class="query">
              <Value row={query} position={q} />
            </th>
          ))}
          {Array.from(row, (cell, k) => (
            <td
              key={k}
              data-q={q}
              data-k={k}
              class={cell === 1 ? "on" : "off"}
              tabIndex={q === 0 && k === 0 ? 0 : -1}
              aria-label={t(cell === 1 ? "picture.selects" : "picture.selectsNot", { query: q, key: k })}
            />
          ))}
          {uses.map(({ result }, i) => (
            <td key={i} class="out" data-row={q}>
              <Value row={result} position={q} isResult />
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

/** The values that the results are made of. */
function Values({ uses, beside }: { uses: HeadPicture["uses"]; beside: number }): VNode {
  return (
    <tfoot>
      {uses.map(({ value }, i) => (
        <tr key={i}>
          <th scope="row" colSpan={beside} class="name">
            {value.name}
          </th>
          {value.values.map((_, k) => (
            <td key={k} data-column={k} class="in">
              <Value row={value} position={k} />
            </td>
          ))}
          <td colSpan={uses.length} class="arrow" aria-hidden="true">
            ↗
          </td>
        </tr>
      ))}
    </tfoot>
  );
}

/** The name of keys or queries, with the way in which their values are read: both can be the same s-op. */
const Side = ({ name, arrow }: { name: string; arrow: "→" | "↓" }): VNode => (
  <>
    {name} <span aria-hidden="true">{arrow}</span>
  </>
);

/** The keys, and the names of queries and results above their columns. */
function Heading({ head, hasTokens }: { head: HeadPicture; hasTokens: boolean }): VNode {
  const { matrix, keys, queries, uses } = head;
  return (
    <thead>
      {keys.map((key, i) => (
        <tr key={i}>
          <th scope="row" colSpan={queries.length + Number(hasTokens)} class="name">
            <Side name={key.name} arrow="→" />
          </th>
          {key.values.map((_, k) => (
            <th key={k} scope="col" data-column={k} class="key">
              <Value row={key} position={k} />
            </th>
          ))}
          {uses.length > 0 && <td colSpan={uses.length} />}
        </tr>
      ))}
      <tr class="names">
        {hasTokens && <td />}
        {queries.map((query, i) => (
          <th key={i} scope="col" class="name">
            <Side name={query.name} arrow="↓" />
          </th>
        ))}
        <td colSpan={matrix.length} class="rule" />
        {uses.map(({ result }, i) => (
          <th key={i} scope="col" class="name result">
            {result.name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
