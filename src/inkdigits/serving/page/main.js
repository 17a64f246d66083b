// The page: what is drawn goes to the service, what it answers is shown.
//
// Whoever wants to know listens on `document`:
//   inkdigits:drawn   {blob, answer}   a drawing was answered (or cleared: both null)
//   inkdigits:chosen  {blob, answer}   a digit of a picture was chosen; blob is its glyph

import { newestOnly, postForJson } from "./ask.js";
import { Pad } from "./pad.js";
import { Seen } from "./seen.js";

const $ = (id) => document.getElementById(id);
const seen = new Seen($("draw-seen"));

const pad = new Pad($("ink"), { changed, settled() {}, say });

const answerDrawing = newestOnly(async () => {
  const blob = await pad.blob();
  try {
    const answer = await postForJson("/v1/digit", blob);
    trouble("");
    seen.show(answer);
    tell("drawn", blob, answer);
  } catch (error) {
    trouble(error.message);
  }
});

function changed() {
  $("hint").hidden = !pad.empty;
  for (const tool of [$("undo"), $("clear")]) tool.disabled = pad.empty;
  if (!pad.empty) answerDrawing({});
}

function tell(what, blob, answer) {
  document.dispatchEvent(new CustomEvent(`inkdigits:${what}`, { detail: { blob, answer } }));
}

function say(words) {
  $("told").textContent = words;
}

function trouble(sentence) {
  $("trouble").textContent = sentence;
  $("trouble").hidden = !sentence;
}

$("undo").addEventListener("click", () => pad.undo());
$("clear").addEventListener("click", () => pad.clear());
