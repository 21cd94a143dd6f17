/** The loss, step after step, on a logarithmic scale; a mean of some steps where there are more than the curve is wide. */
import type { VNode } from "preact";
import { t } from "../texts/texts.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [560, 180, 62, 22];
/** The axis is as long as the training so far, and at least this. */
const LEAST_STEPS = 100;
/** Points of the curve. */
const MOST_POINTS = 240;

/** Means of equally many neighbours, at most so many of them. */
export function thinned(values: readonly number[], most = MOST_POINTS): number[] {
  const group = Math.max(1, Math.ceil(values.length / most));
  return Array.from({ length: Math.ceil(values.length / group) }, (_, i) => {
    const part = values.slice(i * group, (i + 1) * group);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

export function Curve({ losses }: { losses: readonly number[] }): VNode {
  const steps = Math.max(LEAST_STEPS, losses.length);
  const shown = thinned(losses);
  const logs = shown.map((loss) => Math.log10(Math.max(1e-6, loss)));
  const high = Math.ceil(Math.max(0, ...logs));
  const low = Math.min(high - 1, Math.floor(Math.min(0, ...logs)));
  const x = (step: number): number => LEFT + ((WIDTH - LEFT - 8) * step) / steps;
  const y = (log: number): number => 8 + ((HEIGHT - BOTTOM - 8) * (high - log)) / (high - low);
  const group = losses.length / Math.max(1, shown.length);
  const points = logs.map((log, i) => `${x((i + 1) * group).toFixed(1)},${y(log).toFixed(1)}`).join(" ");
  const last = losses.at(-1) ?? 0;
  return (
    <svg
      class="curve"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={t("train.curve", { step: losses.length, loss: last.toPrecision(2) })}
    >
      {Array.from({ length: high - low + 1 }, (_, i) => low + i).map((power) => (
        <g key={power}>
          <line x1={LEFT} x2={WIDTH - 8} y1={y(power)} y2={y(power)} class="grid" />
          <text x={LEFT - 6} y={y(power) + 4} text-anchor="end">
            {power >= 0 ? 10 ** power : power < -3 ? `1e${power}` : `0.${"0".repeat(-power - 1)}1`}
          </text>
        </g>
      ))}
      <text x={LEFT} y={HEIGHT - 4}>
        0
      </text>
      <text x={WIDTH - 8} y={HEIGHT - 4} text-anchor="end">
        {steps}
      </text>
      <polyline points={points} class="line" />
    </svg>
  );
}
