// What is known of one character of a number, and the buttons for all that can be done to it.

import { readAs } from "./characters.js";
import { kind } from "./sheet.js";

const CARD = `
  <div class="pick">
    <img class="glyph" alt="The digit as the network sees it" decoding="sync">
    <canvas class="crop" role="img" aria-label="The number, as it is written"></canvas>
    <label class="field">Number <input id="number" autocomplete="off" spellcheck="false" inputmode="decimal" maxlength="200"></label>
    <button type="button" class="close" data-do="close" aria-label="Close">×</button>
  </div>
  <div class="candidates" id="candidates" role="group" aria-label="What the digit is"></div>
  <p class="small" id="verdict"></p>
  <div class="actions" role="group" aria-label="Change the number">
    <button type="button" data-do="split">Split before</button>
    <button type="button" data-do="join">Join next</button>
    <button type="button" data-do="erase">Delete digit</button>
    <button type="button" data-do="remove">Delete number</button>
    <span class="moves" role="group" aria-label="Reading order"><button type="button" data-do="left" aria-label="Earlier in the line">←</button><button
      type="button" data-do="right" aria-label="Later in the line">→</button><button type="button" data-do="up" aria-label="Into the line above">↑</button><button
      type="button" data-do="down" aria-label="Into the line below">↓</button></span>
  </div>`;
const MARGIN = 0.35; // of a number's height, around its crop
const CROP_PX = 2 * 44; // its height, for screens with two pixels to a point
const WIDEST_PX = 1200;
const MARK = "#0072b2"; // under the character that is chosen

/** `host` becomes the card. Its buttons have the action in `data-do`, or the digit in `data-digit`. */
export class Card {
  constructor(host) {
    this.host = host;
    host.innerHTML = CARD;
    this.field = host.querySelector("input"); // the number's text, to be typed over
  }

  /** Show a number and one of its characters; `can` says which actions are possible. */
  show(number, character, can) {
    this.field.value = number.text;
    const glyph = this.host.querySelector(".glyph");
    glyph.hidden = !character.glyph;
    if (character.glyph) glyph.src = character.glyph;
    const shares = (character.candidates ?? []).filter(([, share]) => share >= 0.001);
    const others = [..."0123456789"].map(Number).filter((digit) => !shares.some(([each]) => each === digit));
    const all = [...shares, ...others.map((digit) => [digit, null])];
    this.host.querySelector(".candidates").replaceChildren(...all.map(([digit, share]) => candidate(digit, share, character)));
    this.host.querySelector("#verdict").textContent = verdict(number, character);
    for (const [action, possible] of Object.entries(can)) this.host.querySelector(`[data-do=${action}]`).disabled = !possible;
  }

  /** The number as it is written, cut out of the picture, with one of its characters marked. */
  crop([x, y, width, height], box, { image, width: across }) {
    const canvas = this.host.querySelector(".crop");
    const scale = image.naturalWidth / across;
    canvas.hidden = !scale || !image.complete;
    if (canvas.hidden) return;
    const margin = MARGIN * height;
    Object.assign(canvas, { height: CROP_PX, width: Math.min(WIDEST_PX, Math.round((CROP_PX * (width + 2 * margin)) / (height + 2 * margin))) });
    const part = [x - margin, y - margin, width + 2 * margin, height + 2 * margin].map((each) => each * scale);
    const to = canvas.getContext("2d");
    to.drawImage(image, ...part, 0, 0, canvas.width, canvas.height);
    const shown = canvas.width / (width + 2 * margin);
    to.fillStyle = MARK;
    to.fillRect((box[0] - x + margin) * shown, canvas.height - 5, box[2] * shown, 5);
  }
}

function candidate(digit, share, character) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.dataset.digit = digit;
  button.append(Object.assign(document.createElement("b"), { textContent: digit }));
  if (share !== null) button.append(Object.assign(document.createElement("small"), { textContent: percent(share) }));
  button.setAttribute("aria-pressed", character.text === String(digit));
  return button;
}

/** A share as people read it, never rounded up to certainty. */
function percent(share) {
  return share >= 0.995 ? ">\u202f99\u202f%" : `${Math.max(1, Math.round(100 * share))}\u202f%`;
}

/** What is known of a character, in one sentence. */
export function verdict(number, character) {
  const before = readAs(number, character);
  if (!("digit" in character)) return "A sign between digits.";
  if (character.text === "?" && !character.candidates.length) return "Nothing was read here: say which digit it is.";
  if (character.text === "?") return `Refused: at best ${character.digit}, ${percent(character.confidence * character.digitness)} sure.`;
  if (number.corrected && (!before || before.text !== character.text)) return before ? `Corrected: it was read as ${before.text === "?" ? `?, at best ${before.digit}` : before.text}.` : "Put in by hand.";
  return kind(character) === "sure" ? "Read for sure." : `Read as ${character.digit}, ${percent(character.confidence * character.digitness)} sure.`;
}
