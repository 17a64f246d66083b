// The page: what is drawn goes to the service, what it answers is shown. Pictures are picture.js.
//
// Whoever wants to know listens on `document`:
//   inkdigits:drawn   {blob, answer}   a drawing was answered; both are null when the pad was cleared
//   inkdigits:chosen  {blob, answer}   a digit of a picture was chosen; blob is its glyph, 28×28, bright on black
// blob is a PNG, answer what POST /v1/inspect says.

import { newestOnly, postForJson } from "./ask.js";
import { Pad } from "./pad.js";
import { PictureView } from "./picture.js";
import { Seen, sentence } from "./seen.js";
import { takePictures } from "./take.js";

const QUIET = 600; // milliseconds after which a screen reader is told of a drawing's answer
const $ = (id) => document.getElementById(id);
const tabs = ["draw", "picture"];
const SCALE = 140; // of the pen's slider: 7 is a twentieth of the pad

const seen = new Seen($("draw-seen"));
const pad = new Pad($("ink"), { changed, say });
const picture = new PictureView({ say, trouble, told: (blob, answer) => tell("chosen", blob, answer) });

const answerDrawing = newestOnly(async (_, outdated) => {
  const blob = pad.blob();
  try {
    const answer = await postForJson("/v1/inspect", blob);
    if (pad.empty) return; // cleared meanwhile
    seen.show(answer);
    trouble(null);
    tell("drawn", blob, answer);
    sayLater(sentence(answer));
  } catch (error) {
    trouble(error);
    if (error.retry && !outdated()) setTimeout(changed, 1000 * error.retry);
  }
});

function changed() {
  $("hint").hidden = !pad.empty;
  for (const tool of [$("undo"), $("clear")]) tool.disabled = pad.empty;
  if (!pad.empty) return void answerDrawing(true);
  seen.empty();
  tell("drawn", null, null);
}

function tell(what, blob, answer) {
  document.dispatchEvent(new CustomEvent(`inkdigits:${what}`, { detail: { blob, answer } }));
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
  taken(file) {
    show("picture");
    picture.read(file);
  },
});

$("undo").addEventListener("click", () => pad.undo());
$("clear").addEventListener("click", () => pad.clear());
$("width").addEventListener("input", ({ target }) => (pad.width = target.value / SCALE));
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !$("draw").hidden && !event.target.matches("input")) {
    event.preventDefault();
    pad.undo();
  }
});
