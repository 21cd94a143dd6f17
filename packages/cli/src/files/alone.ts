/** Work that only one process does at a time in its place: two that write the same files would leave what neither has written. */
import { UsageError, type Context } from "../context.js";
import { LockedError, type Holder } from "./lock.js";
import { reason } from "./reason.js";

/**
 * Takes the lock of a place until the command ends, or until the returned function is called.
 *
 * @param path - of the lock's file
 * @throws UsageError that says who has it
 */
export function alone(context: Context, place: string, path: string, command: string): () => void {
  const release = taken(context, place, path, command);
  let isHeld = true;
  const once = (): void => {
    if (isHeld) release();
    isHeld = false;
  };
  context.atEnd(once);
  return once;
}

function taken({ io }: Context, place: string, path: string, command: string): () => void {
  try {
    return io.lock?.(path, command) ?? ((): void => undefined);
  } catch (error) {
    if (!(error instanceof LockedError)) {
      throw new UsageError(`cannot write "${path}": ${reason(error)}`, "choose a place that can be written");
    }
    throw new UsageError(
      `"${place}" is in use: ${whoText(error.holder)}`,
      error.runs
        ? "wait until it ends, or end it; or use -o with another place"
        : `it is not known from here whether it runs still: if it does not, remove ${path}; or use -o with another place`,
    );
  }
}

/** What a lock says comes from a file: no control characters, and not at any length. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 80);

const whoText = ({ pid, host, since, command }: Holder): string =>
  `process ${pid} on ${plain(host)} works there since ${plain(since)} (${plain(command)})`;
