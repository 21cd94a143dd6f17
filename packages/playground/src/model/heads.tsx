/** Each head's pattern beside the selector that it computes. */
import type { VNode } from "preact";
import { Shades } from "../picture/shades.js";
import { t } from "../texts/texts.js";
import type { HeadLook, LookReply } from "../worker/model-protocol.js";

/** The share of each key, darkest where it is largest; of a counting head relative to the largest beside BOS. */
function Pattern({ head, tokens }: { head: HeadLook; tokens: readonly string[] }): VNode {
  const first = Number(head.hasBos);
  const size = tokens.length + first;
  const names = head.hasBos ? ["BOS", ...tokens] : tokens;
  const isBos = (k: number): boolean => head.hasBos && k === 0;
  const rows = tokens.map((token, q) => ({
    token,
    shares: head.pattern.subarray((q + first) * size, (q + first + 1) * size),
  }));
  return (
    <table class="heat" aria-label={t("heads.pattern", { name: head.label })}>
      <thead>
        <tr>
          <td />
          {names.map((name, k) => (
            <th key={k} scope="col" class={isBos(k) ? "bos" : ""}>
              {isBos(k) ? "▸" : name}
              {isBos(k) && <span class="visually-hidden">BOS</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ token, shares }, q) => {
          const most = Math.max(...shares.subarray(first));
          return (
            <tr key={q}>
              <th scope="row">{token}</th>
              {Array.from(shares, (share, k) => {
                const shade = isBos(k) || !head.counts || most === 0 ? share : share / most;
                return (
                  <td
                    key={k}
                    class={`shade-${Math.round(10 * Math.min(1, shade))}`}
                    title={t("heads.share", {
                      query: q,
                      key: isBos(k) ? "BOS" : k - first,
                      share: share.toPrecision(3),
                    })}
                  >
                    <span class="visually-hidden">{share.toPrecision(2)}</span>
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Selector({ head, tokens }: { head: HeadLook; tokens: readonly string[] }): VNode | null {
  if (!head.selector) return null;
  const { name, matrix } = head.selector;
  return <Shades rows={matrix} tokens={tokens} label={t("heads.selector", { name })} digits={0} />;
}

export function Heads({ look }: { look: LookReply }): VNode {
  return (
    <section class="layer">
      <h3>
        {t("heads.title")} <small>{t("heads.help")}</small>
      </h3>
      <div class="heads">
        {look.heads.map((head) => (
          <section key={`${head.layer} ${head.head}`} class="card head">
            <h4>
              <span class="quiet">{t("heads.place", { layer: head.layer, head: head.head })}</span> {head.label}
            </h4>
            <div class="scroll pair">
              <Selector head={head} tokens={look.tokens} />
              <figure>
                <figcaption>{t("heads.weights")}</figcaption>
                <Pattern head={head} tokens={look.tokens} />
              </figure>
            </div>
            {head.counts && <p class="quiet">{t("heads.counts")}</p>}
          </section>
        ))}
      </div>
    </section>
  );
}
