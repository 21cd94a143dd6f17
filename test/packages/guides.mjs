/** The transcripts of the guides, typed in order by somebody who has installed the packed packages in an empty folder, with a new HOME. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { shell } from "./installs.mjs";

/** The commands of a guide, each with the lines that it prints; a line `...` stands for any lines. */
function stepsOf(text) {
  const transcripts = [...text.matchAll(/^( *)```console\n(.*?)^ *```$/gms)].map(([, indent, body]) =>
    body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
  return transcripts
    .flatMap((transcript) => transcript.split(/^(?=\$ )/m))
    .map((step) => {
      const [command, ...lines] = step.trimEnd().split("\n");
      return { command: command.slice(2), lines };
    });
}

const escaped = (line) => line.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const fits = (printed, lines) =>
  new RegExp(`^${lines.map((line) => (line === "..." ? "(?:.*\n)*?" : `${escaped(line)}\n`)).join("")}$`).test(printed);

/** @returns outcomes by guide: the commands, and those that printed something else */
export function guides({ root, npmProject, home }) {
  const folder = join(root, "docs/guides");
  return readdirSync(folder).flatMap((name) => {
    const steps = stepsOf(readFileSync(join(folder, name), "utf8"));
    const failures = steps.flatMap(({ command, lines }) => {
      const printed = shell(npmProject, home, command);
      return fits(printed, lines) ? [] : [`${command} printed\n${printed.slice(0, 1000)}\nnot\n${lines.join("\n")}`];
    });
    return steps.length === 0 ? [] : [{ name, passed: steps.length, failures }];
  });
}
