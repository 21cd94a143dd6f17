/** What a loop did, step after step, and which step of it is drawn below. */
import type { VNode } from "preact";
import { loopStep } from "../app/state.js";
import { t } from "../texts/texts.js";
import type { Picture } from "../worker/protocol.js";

type LoopPicture = Picture["loops"][number];

/** Chooses the step that is drawn. */
function StepChoice({ shown, steps }: { shown: number; steps: number }): VNode {
  return (
    <span class="step-choice">
      <button
        type="button"
        class="icon"
        aria-label={t("loop.before")}
        disabled={shown === 0}
        onClick={() => (loopStep.value = shown - 1)}
      >
        ‹
      </button>
      <span aria-live="polite">{t("loop.step", { n: shown + 1, of: steps })}</span>
      <button
        type="button"
        class="icon"
        aria-label={t("loop.next")}
        disabled={shown >= steps - 1}
        onClick={() => (loopStep.value = shown + 1)}
      >
        ›
      </button>
    </span>
  );
}

export function Loop({ loop: { text, steps, limit, moments, shown } }: { loop: LoopPicture }): VNode {
  const canChoose = shown !== undefined && steps > 1;
  /** Rows for each moment: one for each state. */
  const states = moments.length / (steps + 1);
  return (
    <section class="layer loop">
      <h3>
        {t("loop.title", { n: steps, limit })} <small>{t(canChoose ? "loop.choose" : "loop.help")}</small>
      </h3>
      <div class="card">
        <code class="source">{text}</code>
        <div class="scroll">
          <table class="steps">
            <tbody>
              {moments.map(({ name, values }, i) => (
                <tr key={i} class={canChoose && Math.floor(i / states) === shown ? "now" : ""}>
                  <th scope="row">{name}</th>
                  {values.map((value, k) => (
                    <td key={k}>
                      <span class="value">{value}</span>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {canChoose && <StepChoice shown={shown} steps={steps} />}
      </div>
    </section>
  );
}
