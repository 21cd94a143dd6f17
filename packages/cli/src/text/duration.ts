/** Durations as people write and read them. */
import { InvalidArgumentError } from "commander";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `10m` or `2h` in milliseconds. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const milliseconds = Number(amount) * SECONDS[unit ?? ""]! * 1000;
  if (!(milliseconds > 0 && milliseconds <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidArgumentError("Write a time such as 90s, 10m or 2h.");
  }
  return milliseconds;
}

/** Milliseconds as `8 s` or `3 min 20 s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Seconds as `42 s`, `3:05` or `1:02:03`. */
export function clockText(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
