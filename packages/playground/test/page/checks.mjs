/** The checks of the built page: a name, the screens, what is done, and "alone" where nothing else may be done meanwhile. */
import { axeFindsNothing, keyboardAlone, languages, themes } from "./access.mjs";
import { hostileLinks, offline, sharedLink } from "./links.mjs";
import { puzzles, puzzleSets } from "./puzzles.mjs";
import { firstLoad, keystrokes } from "./speed.mjs";
import { tour } from "./tour.mjs";
import { stopsTraining, trains } from "./train.mjs";
import { compiles, downloads, drops, numbers, patches } from "./weights.mjs";
import { completes, keeps, loops, mends, runaway, why, writes } from "./write.mjs";

const BOTH = ["phone", "laptop"];

/** [name, screens, check, "alone"] */
export const checks = [
  ["a first visit has a picture, from few bytes", ["laptop"], firstLoad, "alone"],
  ["a program is typed, and its values follow", BOTH, writes],
  ["a mistake is mended by one key, and by a click", BOTH, mends],
  ["names are completed, and explained on hovering", ["laptop"], completes],
  ["a cell and a value say why", BOTH, why],
  ["each step of a loop can be looked at", ["laptop"], loops],
  ["the program stays for the next visit, and undo works", ["laptop"], keeps],
  ["a runaway program ends, and the page goes on", ["laptop"], runaway],
  ["a program becomes weights that agree with it", BOTH, compiles],
  ["a patched value is followed by the program and by the weights", BOTH, patches],
  ["a number is shown as its sum, down to a hidden unit", BOTH, numbers],
  ["a model is downloaded and opened again; pictures are saved", BOTH, downloads],
  ["a model that is dropped opens, with its configuration", ["laptop"], drops],
  ["a Transformer is trained until its loss halves, and decompiled", ["laptop"], trains],
  ["a training pauses and goes on, and a search is stopped", ["phone"], stopsTraining],
  ["three puzzles are solved", BOTH, puzzles],
  ["a set of puzzles is opened by link and by file, or refused", ["laptop"], puzzleSets],
  ["a shared link opens", BOTH, sharedLink],
  ["hostile links do no harm", ["laptop"], hostileLinks],
  ["the tour is followed, and can be left", BOTH, tour],
  ["it works without a network", ["laptop"], offline],
  ["everything can be reached by the keyboard", ["laptop"], keyboardAlone],
  ["Spanish and English both render", BOTH, languages],
  ["light and dark can be chosen", ["laptop"], themes],
  ["axe finds nothing", BOTH, axeFindsNothing],
  ["a keystroke redraws the picture", ["laptop"], keystrokes, "alone"],
];
