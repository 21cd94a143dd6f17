/** The editor: CodeMirror with RASP's own words, diagnostics and values. It writes the signals `program` and `cursor`. */
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, redo, undo } from "@codemirror/commands";
import { bracketMatching, indentService, indentUnit } from "@codemirror/language";
import { diagnosticCount, setDiagnostics, type Diagnostic as Squiggle } from "@codemirror/lint";
import { EditorSelection, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { batch, effect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { cursor, libraryNames, marked, outcome, program, replaced, visited } from "../app/state.js";
import { language, t } from "../texts/texts.js";
import type { Problem } from "../worker/problem.js";
import { help } from "./help.js";
import { placeMark, raspWords, setLibrary, setMark } from "./rasp-words.js";

/** The view, once there is one. */
let current: EditorView | undefined;

/** The nonce of styles in the page's content security policy: CodeMirror writes a style sheet of its own. */
const STYLE_NONCE = "selectron";

/** Undoes or redoes, for those who have no keyboard. */
export const undoEdit = (): void => void (current && undo(current));
export const redoEdit = (): void => void (current && redo(current));

/** Applies the mend of a problem. */
export function mend({ fix }: Problem): void {
  if (!current || !fix || fix.end > current.state.doc.length) return;
  current.dispatch({ changes: { from: fix.start, to: fix.end, insert: fix.text }, userEvent: "input.mend" });
  current.focus();
}

/** The mend nearest to the cursor: that is what the key does. */
function mendNearest({ state }: EditorView): boolean {
  const at = state.selection.main.head;
  const distance = ({ fix }: Problem): number => Math.min(Math.abs(fix!.start - at), Math.abs(fix!.end - at));
  const [nearest] = (outcome.value?.problems ?? []).filter(({ fix }) => fix).sort((a, b) => distance(a) - distance(b));
  if (nearest) mend(nearest);
  return nearest !== undefined;
}

const squiggle = (problem: Problem, length: number): Squiggle[] => {
  if (!problem.range) return [];
  const to = Math.min(Math.max(problem.range.end, problem.range.start + 1), length);
  const from = Math.min(problem.range.start, Math.max(0, to - 1));
  const told = problem.suggestion === undefined ? problem.message : `${problem.message}\n${problem.suggestion}`;
  const actions = problem.fix ? [{ name: t("editor.mend"), apply: () => mend(problem) }] : [];
  return [{ from, to, severity: problem.severity, message: told, actions }];
};

/** A line that opens a brace indents the next one, and a closing brace goes back. */
const indentation = indentService.of((context, position) => {
  const line = context.lineAt(position, -1);
  const before = context.state.doc.lineAt(position);
  const previous =
    before.from === position || before.text.trim() === "" ? context.lineAt(Math.max(0, before.from - 1), -1) : line;
  const indent = /^\s*/.exec(previous.text)![0].length;
  return /\{\s*(#.*)?$/.test(previous.text) ? indent + 4 : indent;
});

const extensions = () => [
  EditorView.cspNonce.of(STYLE_NONCE),
  lineNumbers(),
  history(),
  drawSelection(),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  EditorView.lineWrapping,
  indentUnit.of("    "),
  indentation,
  EditorState.languageData.of(() => [
    { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
  ]),
  placeholder(t("editor.placeholder")),
  raspWords,
  placeMark,
  help,
  // Tab is left to the browser, so that the page can be walked through by keyboard alone.
  keymap.of([
    { key: "Mod-.", run: mendNearest },
    { key: "Alt-Enter", run: mendNearest },
    ...closeBracketsKeymap,
    ...completionKeymap,
    ...historyKeymap,
    ...defaultKeymap,
  ]),
  EditorView.contentAttributes.of({ "aria-label": t("editor.label"), spellcheck: "false", autocapitalize: "off" }),
  EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
    // One change, so that a key asks for one run.
    batch(() => {
      if (docChanged) program.value = state.doc.toString();
      if (docChanged || selectionSet) cursor.value = state.selection.main.head;
    });
  }),
];

/** Follows the signals. @returns what ends it */
function follow(view: EditorView): () => void {
  const ends = [
    effect(() => {
      const problems = outcome.value?.problems ?? [];
      // Most keys neither bring a problem nor take one away.
      if (problems.length === 0 && diagnosticCount(view.state) === 0) return;
      const { length } = view.state.doc;
      view.dispatch(
        setDiagnostics(
          view.state,
          problems.flatMap((problem) => squiggle(problem, length)),
        ),
      );
    }),
    effect(() => {
      // Its names change where the program takes one of them: the text is coloured anew only then.
      view.dispatch({ effects: setLibrary.of(new Set(libraryNames.value.split(" "))) });
    }),
    effect(() => {
      const place = marked.value;
      view.dispatch({ effects: setMark.of(place ? { from: place.start, to: place.end } : null) });
    }),
    effect(() => {
      const text = replaced.value;
      if (!text || text.text === view.state.doc.toString()) return;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text.text },
        selection: EditorSelection.cursor(text.text.length),
      });
    }),
    effect(() => {
      const place = visited.value;
      if (!place || place.end > view.state.doc.length) return;
      view.dispatch({ selection: EditorSelection.cursor(place.start), scrollIntoView: true });
    }),
  ];
  return () => ends.forEach((end) => end());
}

/** The editor's element. */
export function Editor(): VNode {
  const host = useRef<HTMLDivElement>(null);
  const inLanguage = language.value;
  useEffect(() => {
    const view = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: program.peek(),
        selection: { anchor: cursor.peek() },
        extensions: extensions(),
      }),
    });
    current = view;
    const end = follow(view);
    return () => {
      end();
      view.destroy();
    };
  }, [inLanguage]);
  return <div class="editor" ref={host} data-tour="editor" />;
}
