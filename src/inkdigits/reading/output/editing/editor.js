// The editor: a page's picture, its text, and a card of the digit that is chosen, with all that can be done to it.

import { Card, verdict } from "./card.js";
import { characters, shownNumbers, unread } from "./characters.js";
import { Corrections } from "./corrections.js";
import { Sheet } from "./sheet.js";

const PAPER = `
  <div class="bar" role="toolbar" aria-label="Corrections"><button type="button" data-do="next" aria-keyshortcuts="N"></button>
  <button type="button" data-do="undo" aria-keyshortcuts="Control+Z">Undo</button>
  <button type="button" data-do="redo" aria-keyshortcuts="Control+Shift+Z">Redo</button>
  <button type="button" data-do="add" aria-keyshortcuts="A" aria-pressed="false">Add what was missed</button>
  <span class="zoom" role="group" aria-label="Size of the picture"><button type="button" data-do="smaller" aria-label="Smaller">−</button><button
    type="button" data-do="larger" aria-label="Larger">+</button></span></div>
  <div></div>
  <ul class="legend small" aria-label="Colours of the boxes">
    <li class="sure">99 % or more</li><li class="unsure">less sure</li><li class="refused">refused: ?</li>
  </ul>
  <details class="help">
    <summary>Correct by keyboard</summary>
    <dl class="small">
      <dt><kbd>N</kbd> <kbd>P</kbd></dt><dd>next and previous doubtful digit</dd>
      <dt><kbd>0</kbd> … <kbd>9</kbd></dt><dd>this digit it is; then the next doubtful one</dd>
      <dt><kbd>Enter</kbd></dt><dd>the best guess is right</dd>
      <dt><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>another digit; with <kbd>Alt</kbd> the number is read earlier, later, in another line</dd>
      <dt><kbd>T</kbd></dt><dd>type over the whole number</dd>
      <dt><kbd>S</kbd> <kbd>J</kbd></dt><dd>split before this digit, join with the next number</dd>
      <dt><kbd>Delete</kbd></dt><dd>no digit; with <kbd>Shift</kbd> no number</dd>
      <dt><kbd>A</kbd></dt><dd>add what was missed: arrows move the box, with <kbd>Shift</kbd> size it, <kbd>Enter</kbd> reads it</dd>
      <dt><kbd>Ctrl Z</kbd></dt><dd>undo; with <kbd>Shift</kbd> redo</dd>
    </dl>
  </details>`;
const KEYS = { n: "next", p: "previous", s: "split", j: "join", a: "add", t: "type", Enter: "confirm", Home: "first", End: "last" };
const MOVES = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

/** `read(page, box)` gives the numbers in a box, `chosen(place, digit)` is told of the digit that is looked at,
 *  `changed(corrections)` of every change, `say(words)` is for screen readers, `trouble(error)` for all. */
export class Editor {
  constructor({ paper, card, text }, { read, chosen, changed, say, trouble }) {
    paper.innerHTML = PAPER;
    const [bar, sheet] = paper.children;
    Object.assign(this, { text, bar, read, told: chosen, say, trouble, page: 0, at: null });
    this.corrections = new Corrections(() => this.#changed(changed));
    this.sheet = new Sheet(sheet, { chosen: (place) => this.choose(this.places[place], true), drawn: (box) => this.#drawn(box), say });
    this.card = new Card(card);
    this.places = [];
    this.actions = this.#actions();
    this.#listen(sheet);
  }

  /** Show a page that was read. */
  show(page, alt) {
    const reading = this.corrections.pages[page];
    Object.assign(this, { page, at: null });
    this.sheet.show(reading, alt);
    this.#draw();
    this.sheet.fitZoom();
  }

  /** Look at a character; null for none. */
  choose(at, focus = false) {
    this.at = at && this.corrections.character(at) ? at : null;
    this.#mark();
    if (this.at && focus) this.sheet.focus(this.#placeOf(this.at));
    if (!this.at) return;
    this.say(this.#words());
    this.told(this.at, this.corrections.character(this.at));
  }

  /** Do what a button or key asks for. */
  do(action, ...how) {
    const to = this.actions[action](...how);
    if (to !== undefined) this.#go(to);
  }

  /** Have a box drawn on the picture, in pixels of the page. */
  askBox(words) {
    return new Promise((done) => {
      this.#begin(words);
      this.wanted = done;
    });
  }

  get doubtful() {
    return this.corrections.doubtful();
  }

  #actions() {
    const edits = this.corrections;
    const chosen = (change) => () => (this.at ? change(this.at) : undefined);
    return {
      next: () => this.#doubtfulFrom(1),
      previous: () => this.#doubtfulFrom(-1),
      first: () => this.places[0],
      last: () => this.places.at(-1),
      undo: () => edits.undo() ?? undefined,
      redo: () => edits.redo() ?? undefined,
      add: () => void this.#begin("Draw a box around what was missed."),
      type: () => void this.card.field.select(),
      confirm: chosen((at) => (edits.character(at).accepted === false ? this.#put(at, String(edits.character(at).digit)) : this.#doubtfulFrom(1))),
      set: (text) => (this.at ? this.#put(this.at, text) : undefined),
      retype: (text) => (this.at ? edits.type(this.at, text) : undefined),
      split: chosen((at) => edits.split(at)),
      join: chosen((at) => edits.join(at)),
      erase: chosen((at) => edits.erase(at)),
      remove: chosen((at) => edits.remove(at)),
      left: chosen((at) => edits.move(at, -1)),
      right: chosen((at) => edits.move(at, 1)),
      up: chosen((at) => edits.move(at, 0, -1)),
      down: chosen((at) => edits.move(at, 0, 1)),
      smaller: () => this.sheet.step(-1),
      larger: () => this.sheet.step(1),
      close: () => this.choose(null),
    };
  }

  #listen(sheet) {
    for (const part of [this.bar, this.card.host]) {
      part.addEventListener("click", ({ target }) => {
        const { do: action, digit } = target.closest("button")?.dataset ?? {};
        if (digit) this.do("set", digit);
        else if (action) this.do(action);
      });
    }
    this.sheet.image.addEventListener("load", () => this.#mark()); // the crop is cut out of it
    sheet.addEventListener("keydown", (event) => this.#key(event));
    const number = this.card.field;
    number.addEventListener("change", () => this.do("retype", number.value.trim()));
    number.addEventListener("keydown", (event) => {
      if (event.key === "Escape") number.value = this.corrections.number(this.at)?.text ?? "";
      if (event.key !== "Escape" && event.key !== "Enter") return;
      number.blur(); // what was typed is taken now
      this.sheet.focus(this.#placeOf(this.at));
    });
    this.text.addEventListener("click", ({ target }) => {
      const { line, number: at } = target.closest("[data-number]")?.dataset ?? {};
      if (at) this.choose({ page: this.page, line: Number(line), number: Number(at), index: 0 });
    });
    document.addEventListener("keydown", (event) => {
      const undoes = (event.ctrlKey || event.metaKey) && ["z", "y"].includes(event.key.toLowerCase());
      if (!undoes || event.target.matches("input") || !sheet.checkVisibility()) return;
      event.preventDefault();
      this.do(event.shiftKey || event.key === "y" ? "redo" : "undo");
    });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.target.getAttribute("role") !== "option") return;
    if (!this.at) this.at = this.places[[...event.target.parentElement.children].indexOf(event.target)];
    const { key } = event;
    if (event.altKey) {
      if (!MOVES[key]) return;
      this.do(MOVES[key]);
    } else if (/^[0-9]$/.test(key)) this.do("set", key);
    else if (MOVES[key]) this.#walk(MOVES[key]);
    else if (key === "Delete" || key === "Backspace") this.do(event.shiftKey ? "remove" : "erase");
    else if (KEYS[key.length === 1 ? key.toLowerCase() : key]) this.do(KEYS[key.length === 1 ? key.toLowerCase() : key]);
    else return;
    event.preventDefault();
  }

  /** To the character beside this one, or to the nearest in the line above or below. */
  #walk(direction) {
    const now = this.#placeOf(this.at);
    if (direction === "left" || direction === "right") return this.#go(this.places[now + (direction === "left" ? -1 : 1)] ?? this.at);
    const x = ({ box }) => box[0] + box[2] / 2;
    const ahead = this.places.filter(({ line }) => (direction === "up" ? line < this.at.line : line > this.at.line));
    const line = direction === "up" ? ahead.at(-1)?.line : ahead[0]?.line;
    const here = x(this.corrections.character(this.at));
    const distance = (at) => Math.abs(x(this.corrections.character(at)) - here);
    const near = ahead.filter((each) => each.line === line).sort((a, b) => distance(a) - distance(b))[0];
    this.#go(near ?? this.at);
  }

  /** This digit is `text`; on to the next doubtful one, or else the next of its number. */
  #put(at, text) {
    const refused = !this.corrections.character(at).accepted;
    const to = this.corrections.set(at, text);
    if (refused) return this.#doubtfulFrom(1, at) ?? to;
    const after = { ...to, index: to.index + 1 };
    return this.corrections.character(after) ? after : to;
  }

  #doubtfulFrom(direction, from = this.at) {
    const all = this.doubtful;
    if (!all.length) return undefined;
    const order = (at) => [at.page, at.line ?? -1, at.number ?? -1, at.index ?? -1];
    const here = order(from ?? { page: this.page });
    const compare = (at) => order(at).reduce((sign, value, place) => sign || Math.sign(value - here[place]), 0);
    if (direction > 0) return all.find((at) => compare(at) > 0) ?? all[0];
    return all.findLast((at) => compare(at) < 0) ?? all.at(-1);
  }

  /** Look at another place, which may be on another page. */
  #go(at) {
    if (at && at.page !== this.page) this.turn(at.page);
    this.choose(at?.index === undefined ? null : at, true);
  }

  /** Show another page; whoever has more to show with it puts its own here. */
  turn(page) {
    this.show(page, this.sheet.image.alt);
  }

  #begin(words) {
    this.wanted = null; // whoever waits for a box, if it is not to be added
    if (this.sheet.drawing) return this.#mark(this.sheet.leave());
    const byKeys = this.sheet.boxes.contains(document.activeElement) || document.activeElement?.matches(":focus-visible");
    this.sheet.begin(this.at && this.corrections.character(this.at).box, byKeys);
    this.#mark();
    this.say(words);
  }

  #drawn(box) {
    if (!this.wanted) return this.#add(box);
    this.wanted(box);
    return this.#mark();
  }

  async #add(box) {
    const { page } = this;
    this.#mark();
    try {
      this.say("Reading the box …");
      const signs = this.corrections.pages[page].lines.some((line) => "signs" in line);
      const numbers = await this.read(page, box);
      this.#go(this.corrections.add(page, numbers.length ? numbers : [unread(box, signs)], this.at));
      this.trouble(null);
      if (!numbers.length) this.do("type");
    } catch (error) {
      this.trouble(error);
    }
  }

  #changed(changed) {
    if (this.corrections.pages[this.page] && this.places) this.#draw();
    changed?.(this.corrections);
  }

  #draw() {
    this.places = this.corrections.places(this.page);
    if (this.at && !this.corrections.character(this.at)) this.at = null;
    this.sheet.draw(this.places.map((at) => this.corrections.character(at)), this.#placeOf(this.at), this.at && this.corrections.number(this.at).box);
    this.#write();
    this.#mark();
  }

  #placeOf(at) {
    return at ? this.places.findIndex((each) => each.line === at.line && each.number === at.number && each.index === at.index) : -1;
  }

  /** The text, every number of it to be clicked. */
  #write() {
    const { lines, hint } = this.corrections.pages[this.page];
    const shown = lines.map((each, line) => {
      const row = document.createElement("span");
      if (each.text) for (const { between, number, place } of shownNumbers(each)) row.append(between, ...(number ? [token(number, line, place)] : []));
      return row;
    });
    const empty = !lines.some(({ text }) => text);
    this.text.replaceChildren(...(empty ? [hint ? `${hint[0].toUpperCase()}${hint.slice(1)}.` : "No digits were found."] : shown.filter((row) => row.childNodes.length)));
    this.text.toggleAttribute("data-empty", empty);
  }

  #mark() {
    const [number, character] = [this.corrections.number(this.at), this.corrections.character(this.at)];
    this.sheet.mark(this.#placeOf(this.at), number?.box);
    for (const each of this.text.querySelectorAll("[data-number]"))
      each.toggleAttribute("data-chosen", Number(each.dataset.line) === this.at?.line && Number(each.dataset.number) === this.at?.number);
    this.#markBar();
    this.card.host.hidden = !number;
    if (!number) return;
    const later = this.corrections.line(this.at).numbers.slice(this.at.number + 1);
    this.card.show(number, character, { split: this.at.index > 0, join: later.some(({ rejected }) => !rejected) });
    this.card.crop(number.box, character.box, this.sheet);
  }

  #markBar() {
    const left = this.doubtful.length;
    const button = (action) => this.bar.querySelector(`[data-do=${action}]`);
    button("next").textContent = left ? `Next doubtful: ${left} left` : "Nothing doubtful";
    button("next").disabled = !left;
    button("undo").disabled = !this.corrections.past.length;
    button("redo").disabled = !this.corrections.future.length;
    button("add").setAttribute("aria-pressed", Boolean(this.sheet.drawing));
  }

  #words() {
    const [number, character] = [this.corrections.number(this.at), this.corrections.character(this.at)];
    const place = `${this.#placeOf(this.at) + 1} of ${this.places.length}`;
    return `Digit ${place}, of ${number.text}: ${verdict(number, character)}`;
  }
}

function token(number, line, at) {
  const element = document.createElement("span");
  Object.assign(element.dataset, { line, number: at });
  element.toggleAttribute("data-corrected", number.corrected);
  if (number.corrected && number.original.length) element.title = `Read as ${number.original.map(({ text }) => text).join(" ")}`;
  for (const each of characters(number)) {
    if (each.text !== "?") element.append(each.text);
    else element.append(Object.assign(document.createElement("b"), { className: "refused", textContent: "?" }));
  }
  return element;
}
