/** Colours: the words of the program by their kind, from RASP's own lexer. */
import { highlight, type WordKind } from "@selectron/rasp";
import { RangeSetBuilder, StateEffect, StateField, type Extension, type Text } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";

const MARKS = Object.fromEntries(
  ["keyword", "builtin", "name", "number", "string", "comment", "operator", "bracket", "error", "library"].map(
    (kind) => [kind, Decoration.mark({ class: `word-${kind}` })],
  ),
) as Record<WordKind | "library", Decoration>;

/** Longer texts have no colours, so that typing stays quick. */
const LONGEST = 100_000;

/** Sets the names of the library, which have a colour of their own. */
export const setLibrary = StateEffect.define<ReadonlySet<string>>();

interface Colours {
  readonly library: ReadonlySet<string>;
  readonly decorations: DecorationSet;
}

function decorate(doc: Text, library: ReadonlySet<string>): DecorationSet {
  if (doc.length > LONGEST) return Decoration.none;
  const text = doc.toString();
  const builder = new RangeSetBuilder<Decoration>();
  for (const { kind, start, end } of highlight(text)) {
    if (kind === "bracket" || kind === "operator") continue;
    const isLibrary = kind === "name" && library.has(text.slice(start, end));
    builder.add(start, end, MARKS[isLibrary ? "library" : kind]);
  }
  return builder.finish();
}

/** The extension that colours the program. */
export const raspWords: Extension = StateField.define<Colours>({
  create: ({ doc }) => ({ library: new Set(), decorations: decorate(doc, new Set()) }),
  update(colours, transaction) {
    let { library } = colours;
    for (const effect of transaction.effects) if (effect.is(setLibrary)) library = effect.value;
    if (!transaction.docChanged && library === colours.library) return colours;
    return { library, decorations: decorate(transaction.newDoc, library) };
  },
  provide: (field) => EditorView.decorations.from(field, ({ decorations }) => decorations),
});

/** Marks a place that an answer is about; null removes the mark. */
export const setMark = StateEffect.define<{ readonly from: number; readonly to: number } | null>();
const MARK = Decoration.mark({ class: "place-mark" });

/** The extension that shows that place. */
export const placeMark: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let result = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMark)) continue;
      const place = effect.value;
      const { length } = transaction.newDoc;
      const isThere = place !== null && place.from < place.to && place.to <= length;
      result = isThere ? Decoration.set([MARK.range(place.from, place.to)]) : Decoration.none;
    }
    return result;
  },
  provide: (field) => EditorView.decorations.from(field),
});
