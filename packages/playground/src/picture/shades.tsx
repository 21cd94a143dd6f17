/** A matrix of shares from 0 to 1 as shades, keys on top and queries on the left, with the numbers for those who read them aloud. */
import type { VNode } from "preact";

export function Shades({
  rows,
  tokens,
  label,
  digits = 2,
}: {
  rows: readonly ArrayLike<number>[];
  tokens: readonly string[];
  label: string;
  /** Of each number behind the point. */
  digits?: number;
}): VNode {
  return (
    <figure>
      <figcaption>{label}</figcaption>
      <table class="heat" aria-label={label}>
        <thead>
          <tr>
            <td />
            {tokens.map((token, k) => (
              <th key={k} scope="col">
                {token}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, q) => (
            <tr key={q}>
              <th scope="row">{tokens[q]}</th>
              {Array.from(row, (share, k) => (
                <td key={k} class={`shade-${Math.round(10 * share)}`} title={share.toFixed(digits)}>
                  <span class="visually-hidden">{share.toFixed(digits)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
