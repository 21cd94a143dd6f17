/** Files to keep. */

/** Milliseconds after which the browser has taken the file. */
const TAKEN = 10_000;

/** Saves a file under this name, where the browser keeps downloads. */
export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN);
}
