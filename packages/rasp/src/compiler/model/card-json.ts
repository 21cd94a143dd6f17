/** What the descriptions in all kinds of models' files have in common: their values, decodings and certificates as JSON, and their reading. */
import { printable } from "@selectron/core";
import type { Atom } from "../../language/graph/node.js";
import { Untrusted } from "../../language/files/untrusted.js";
import type { Certificate, SubspaceBound } from "../certify/certify.js";
import type { Decoding } from "../plan/ir/decoding.js";
import { ModelFileError } from "./errors.js";

/** What the metadata of a model with a loop say, which `looped/` reads. */
export const LOOPED_FORMAT = "selectron-looped-model";

/** A value in JSON, which has no NaN, no infinities and no -0: they are texts. */
export type AtomJson = ["int", string] | ["float", number | string] | ["bool", boolean] | ["string", string] | ["null"];

/** A certificate that `checkCertificate` has seen. */
export type ReadCertificateJson = Omit<Certificate, "provedFor" | "worstMargin" | "bounds"> & {
  readonly lengths: Certificate["provedFor"]["lengths"];
  readonly worstMargin: number | null;
  readonly bounds: readonly (Omit<SubspaceBound, "error"> & { readonly error: number | null })[];
};

export const atomToJson = (atom: Atom): AtomJson =>
  typeof atom === "bigint"
    ? ["int", String(atom)]
    : typeof atom === "number"
      ? ["float", Object.is(atom, -0) ? "-0" : Number.isFinite(atom) ? atom : String(atom)]
      : typeof atom === "boolean"
        ? ["bool", atom]
        : atom === null
          ? ["null"]
          : ["string", atom];

/** JSON has no infinity: null. */
const finiteOrNull = (number: number): number | null => (Number.isFinite(number) ? number : null);

/** A certificate without the vocabulary, which is the card's. */
export type CertificateJson = ReturnType<typeof certificateToJson>;

export const certificateToJson = ({
  proved,
  provedWithin,
  provedUpTo,
  provedFor,
  worstMargin,
  where,
  bounds,
}: Certificate) => ({
  proved,
  ...(provedWithin === undefined ? {} : { provedWithin }),
  ...(provedUpTo === undefined ? {} : { provedUpTo }),
  lengths: provedFor.lengths,
  worstMargin: finiteOrNull(worstMargin),
  where,
  bounds: bounds.map(({ label, layer, writer, error }) => ({ label, layer, writer, error: finiteOrNull(error) })),
});

/** A decoding whose classes are in JSON. */
export type DecodingJson = Omit<Decoding, "classes"> & { readonly classes: readonly AtomJson[] };

export const decodingToJson = (decoding: Decoding): DecodingJson => ({
  ...decoding,
  classes: decoding.classes.map(atomToJson),
});

/** What the metadata of a file say beside its card. */
interface CardKind {
  readonly format: string;
  readonly version: number;
  readonly what: string;
  /** What makes such a file. */
  readonly command: string;
}

/** The text of a card as JSON, which nothing has checked yet. @throws ModelFileError where the metadata are of something else, or another version */
export function rawCard(
  metadata: Readonly<Record<string, string>>,
  { format, version, what, command }: CardKind,
): Untrusted {
  const found = metadata["format"];
  if (found !== format) {
    throw new ModelFileError(
      `this file is not a model that Selectron compiled${found === undefined ? "" : `: its metadata says format "${printable(found)}"`}`,
      `make one with \`${command}\``,
    );
  }
  if (metadata["version"] !== String(version)) {
    throw new ModelFileError(
      `the ${what} has file version ${printable(metadata["version"] ?? "none")}, and this Selectron reads version ${version}`,
      "compile the program again with this version",
    );
  }
  return Untrusted.parse(metadata["card"], "card", damaged);
}

/** A file whose description is not what it must be. */
const damaged = (problem: string): ModelFileError =>
  new ModelFileError(`the model's description is damaged: ${problem}`, "compile the program again");

export const decodingOf = ({ kind, classes, points }: DecodingJson): Decoding => ({
  kind,
  classes: classes.map(atomOf),
  ...(points ? { points } : {}),
});

export function certificateOf(json: ReadCertificateJson, vocabulary: readonly Atom[]): Certificate {
  const { proved, provedWithin, provedUpTo, lengths, worstMargin, where, bounds } = json;
  return {
    proved,
    ...(provedWithin === undefined ? {} : { provedWithin }),
    ...(provedUpTo === undefined ? {} : { provedUpTo }),
    provedFor: { vocabulary, lengths },
    worstMargin: worstMargin ?? Infinity,
    where,
    bounds: bounds.map(({ label, writer, layer, error }) => ({ label, writer, layer, error: error ?? Infinity })),
  };
}

export function atomOf([kind, value]: AtomJson): Atom {
  if (kind === "null") return null;
  return kind === "int" ? BigInt(value) : kind === "float" ? Number(value) : value;
}
