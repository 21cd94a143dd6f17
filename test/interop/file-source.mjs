/** A file that is read in parts, as `loadModel` takes it. */
import { fstatSync, openSync, readSync } from "node:fs";

/** @param path - of a file, which stays open until the process ends */
export function fileSource(path) {
  const descriptor = openSync(path, "r");
  return {
    size: fstatSync(descriptor).size,
    readInto(target, at) {
      for (let done = 0; done < target.length;) {
        const read = readSync(descriptor, target, done, target.length - done, at + done);
        if (read === 0) throw new Error(`${path} ends at byte ${at + done}`);
        done += read;
      }
    },
  };
}
