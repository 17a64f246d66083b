// The page: what is drawn goes to the service, what it answers is shown. Pictures are picture.js.
//
// Whoever wants to know listens on `document`:
//   inkdigits:drawn   {blob, answer}   a drawing was answered; both are null when the pad was cleared
//   inkdigits:chosen  {blob, answer}   a digit of a picture was chosen; blob is its glyph, 28×28, bright on black
//   inkdigits:corrected {pages, digits}  pages were corrected: all that are open, and the digits that were put right,
//                                        each with the id of its place, its label and its glyph as data URL
// blob is a PNG, answer what POST /v1/inspect says. Whoever knows better tells `inkdigits:label` {digit}, of the chosen.

import { newestOnly, once, postForJson } from "./ask.js";
import { drawPage, strokesOf } from "./hand.js";
import { Pad } from "./pad.js";
import { Seen, sentence } from "./seen.js";
import { takePictures } from "./take.js";

const TRIES = ["2", "5", "8", "407"]; // what a click draws
const RESTS = 250; // milliseconds after which a pen is taken to rest
const QUIET = 600; // milliseconds after which a screen reader is told of a drawing's answer
const $ = (id) => document.getElementById(id);
const tabs = ["draw", "picture"];
const SCALE = 140; // of the pen's slider: 7 is a twentieth of the pad

const seen = new Seen($("draw-seen"));
const pad = new Pad($("ink"), { changed, say });
const pictureView = once(async () => {
  const { PictureView } = await import("./picture.js"); // who only draws does without
  const told = (blob, answer) => tell("chosen", { blob, answer });
  const view = new PictureView({ say, trouble, told, corrected: (detail) => tell("corrected", detail) });
  document.addEventListener("inkdigits:label", ({ detail: { digit } }) => view.editor.do("set", String(digit)));
  return view;
});

const answerDrawing = newestOnly(async (_, outdated) => {
  const blob = pad.blob();
  try {
    const answer = await postForJson("/v1/inspect?brief=true", blob);
    if (pad.empty) return; // cleared meanwhile
    seen.show(answer);
    trouble(null);
    tell("drawn", { blob, answer });
    sayLater(sentence(answer));
    if (outdated()) return; // what led to it is told of the last one only
    if (answer.why === "no-digit") resting = setTimeout(() => showNumber(blob).catch(trouble), RESTS); // several digits are no digit
    const whole = await postForJson("/v1/inspect", blob);
    if (!pad.empty && !outdated()) seen.explain(whole);
  } catch (error) {
    trouble(error);
    if (error.retry && !outdated()) setTimeout(changed, 1000 * error.retry);
  }
});

let resting;

/** Show the number that is drawn, if it is one; to read it takes longer than a digit does. */
async function showNumber(blob) {
  const asked = resting;
  const { reading } = await postForJson("/v1/page?page=1", blob);
  const numbers = reading.lines.flatMap((line) => line.numbers).filter(({ rejected }) => !rejected);
  const several = numbers.some(({ digits }) => digits.length > 1) || numbers.length > 1;
  if (several && asked === resting) seen.showNumber(numbers, reading.text.replaceAll("\n", " ")); // and nothing was drawn meanwhile
}

function changed() {
  clearTimeout(resting);
  resting = undefined;
  $("hint").hidden = !pad.empty;
  for (const tool of [$("undo"), $("clear")]) tool.disabled = pad.empty;
  $("redo").disabled = !pad.undone.length;
  if (!pad.empty) return void answerDrawing(true);
  seen.empty();
  tell("drawn", { blob: null, answer: null });
}

function tell(what, detail) {
  document.dispatchEvent(new CustomEvent(`inkdigits:${what}`, { detail }));
}

function say(words) {
  $("told").textContent = words;
}

let waiting;

function sayLater(words) {
  clearTimeout(waiting);
  waiting = setTimeout(() => say(words), QUIET);
}

function trouble(error) {
  $("trouble").textContent = error?.message ?? "";
  $("trouble").hidden = !error;
}

function show(tab, focus = false) {
  for (const each of tabs) {
    $(each).hidden = each !== tab;
    $(`tab-${each}`).setAttribute("aria-selected", each === tab);
    $(`tab-${each}`).tabIndex = each === tab ? 0 : -1;
  }
  if (focus) $(`tab-${tab}`).focus();
  if (tab === "picture") pictureView();
}

for (const [place, tab] of tabs.entries()) {
  $(`tab-${tab}`).addEventListener("click", () => show(tab));
  $(`tab-${tab}`).addEventListener("keydown", ({ key }) => {
    if (key === "ArrowRight" || key === "ArrowLeft") show(tabs[1 - place], true);
  });
}

takePictures({
  zone: document.body,
  inputs: [$("file"), $("shot")],
  async taken(files) {
    show("picture");
    (await pictureView()).read(files);
  },
});

$("undo").addEventListener("click", () => pad.undo());
$("redo").addEventListener("click", () => pad.redo());
$("clear").addEventListener("click", () => pad.clear());
$("erase").addEventListener("click", () => {
  pad.erases = !pad.erases;
  $("erase").setAttribute("aria-pressed", pad.erases);
});
for (const number of TRIES) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: number });
  button.addEventListener("click", () => {
    pad.clear();
    pad.draw(strokesOf(number));
  });
  $("try").append(button);
}
$("sample").addEventListener("click", async () => (await pictureView()).read([await drawPage()]));
$("width").addEventListener("input", ({ target }) => (pad.width = target.value / SCALE));
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !$("draw").hidden && !event.target.matches("input")) {
    event.preventDefault();
    if (event.shiftKey) pad.redo();
    else pad.undo();
  }
});
