// A page's picture with a box around every character, to be chosen by pointer or keys, and boxes to be drawn on it.

const ARROWS = { ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowUp: [0, -1] };
const SURE = 0.99; // as the command line colours them
const READABLE_PX = 26; // a digit's height from which its box can be hit by a finger
const SMALL_PX = 15; // below which the labels of boxes would hide each other
const ZOOMS = [1, 1.5, 2, 3, 4, 6];
const LEAST_PX = 4; // a smaller box was no wish for one

const DIGITS = {
  boxes: "Digits that were found",
  rubber: "A box around what was missed: arrows move it, Shift with arrows sizes it, Enter reads it, Escape leaves",
};

/** `chosen(place)` is called with the place of a character among those that are shown, `drawn(box)` with a box in pixels
 *  of the page, `say(words)` for a screen reader. `labels` name its parts, where what it shows is something else than
 *  digits. Keys that are not its own are left to whoever listens around it. */
export class Sheet {
  constructor(host, { chosen, drawn, say, labels = DIGITS }) {
    Object.assign(this, { chosen, drawn, say, zoom: 1, box: null });
    host.classList.add("frame");
    host.innerHTML = `<div class="photo" id="photo"><img id="photo-image" alt=""><div class="whole" hidden></div>
      <div id="boxes" role="listbox" aria-label="${labels.boxes}" aria-orientation="horizontal"></div>
      <div class="rubber" role="application" aria-roledescription="box" tabindex="0" hidden
        aria-label="${labels.rubber}"></div></div>`;
    [this.photo] = host.children;
    [this.image, this.whole, this.boxes, this.rubber] = this.photo.children;
    this.frame = host;
    this.#listen();
  }

  /** Show a page and its picture; the picture may come later, and none is shown until then. */
  show({ width, height }, alt) {
    Object.assign(this, { width, height });
    this.image.alt = alt;
    this.photo.style.setProperty("--ratio", width / height);
    this.leave();
  }

  /** Show these characters, and which of them is chosen; `number` are those of its number. */
  draw(all, at, number) {
    const focused = this.boxes.contains(document.activeElement);
    this.boxes.replaceChildren(...all.map((each) => this.#option(each)));
    this.boxes.toggleAttribute("hidden", !all.length); // a list without options is none
    this.heights = all.map(({ box }) => box[3]).sort((a, b) => a - b);
    this.mark(at, number);
    if (focused) this.boxes.children[Math.max(0, at)]?.focus({ preventScroll: true });
    this.#fit();
  }

  mark(at, number) {
    [...this.boxes.children].forEach((option, place) => {
      option.setAttribute("aria-selected", place === at);
      option.tabIndex = place === Math.max(0, at) ? 0 : -1;
    });
    this.whole.hidden = !number;
    if (number) this.#lay(this.whole, number);
  }

  focus(at) {
    const option = this.boxes.children[at];
    option?.focus({ preventScroll: true });
    option?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** As large as makes the digits large enough to be hit, unless somebody chose. */
  fitZoom() {
    const usual = this.#shownHeight() / this.zoom;
    this.setZoom(usual ? ZOOMS.find((each) => each * usual >= READABLE_PX) ?? ZOOMS.at(-1) : 1);
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.photo.style.setProperty("--zoom", zoom);
    this.#fit();
  }

  /** The next larger (1) or smaller (-1) size. */
  step(direction) {
    const now = ZOOMS.indexOf(this.zoom);
    this.setZoom(ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, now + direction))]);
    this.boxes.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "center", inline: "center" });
  }

  /** Begin to draw a box: with the pointer anywhere, with keys from `near` on. */
  begin(near, byKeys) {
    this.drawing = true;
    this.photo.toggleAttribute("data-drawing", true);
    if (!byKeys) return;
    const [x, y, w, h] = near ?? [this.width / 2, this.height / 2, this.width / 20, this.width / 15].map(Math.round);
    this.#stretch(this.#within([near ? x + w : x, y, w, h]));
    this.rubber.focus({ preventScroll: true });
  }

  /** Begin to change a box: with the pointer it is moved, or drawn anew; with keys as one that is drawn. */
  change(box) {
    this.begin(null, false);
    this.#stretch(box);
    this.rubber.focus({ preventScroll: true });
  }

  leave() {
    this.drawing = false;
    this.box = null;
    this.rubber.hidden = true;
    this.photo.removeAttribute("data-drawing");
  }

  #listen() {
    this.boxes.addEventListener("click", ({ target }) => {
      const place = [...this.boxes.children].indexOf(target);
      if (place >= 0 && !this.drawing) this.chosen(place);
    });
    this.photo.addEventListener("pointerdown", (event) => this.#press(event));
    this.photo.addEventListener("pointermove", (event) => this.start && this.#drag(this.#point(event)));
    this.photo.addEventListener("pointerup", () => this.#release());
    this.photo.addEventListener("pointercancel", () => this.leave());
    this.rubber.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#fit()).observe(this.photo);
  }

  #press(event) {
    if (!this.drawing || event.button !== 0) return;
    event.preventDefault();
    this.photo.setPointerCapture(event.pointerId);
    this.start = this.#point(event);
    this.gripped = event.target === this.rubber ? this.box : null;
  }

  #drag([x, y]) {
    if (!this.gripped) return this.#stretch(this.#between(this.start, [x, y]));
    const [left, top, w, h] = this.gripped;
    return this.#stretch(this.#within([left + x - this.start[0], top + y - this.start[1], w, h]));
  }

  #release() {
    const { box, start } = this;
    this.start = null;
    if (!start) return;
    const wanted = box && box[2] >= LEAST_PX && box[3] >= LEAST_PX;
    this.leave();
    if (wanted) this.drawn(box);
    else this.say("That box is too small; draw one around what was missed.");
  }

  #key(event) {
    const steps = ARROWS[event.key];
    if (event.key === "Escape") this.#ended(false);
    else if (event.key === "Enter") this.#ended(true);
    else if (steps) this.#nudge(steps, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #ended(wanted) {
    const { box } = this;
    this.leave();
    this.boxes.querySelector("[tabindex='0']")?.focus({ preventScroll: true });
    if (wanted && box) this.drawn(box);
  }

  #nudge([right, down], sizes) {
    const step = Math.max(1, Math.round(this.box[3] / 8));
    const [x, y, w, h] = this.box;
    const changed = sizes ? [x, y, w + right * step, h + down * step] : [x + right * step, y + down * step, w, h];
    this.#stretch(this.#within(changed));
    this.say(`From ${this.box[0]}, ${this.box[1]}: ${this.box[2]} wide, ${this.box[3]} high`);
  }

  #within([x, y, w, h]) {
    const [width, height] = [Math.min(Math.max(LEAST_PX, w), this.width), Math.min(Math.max(LEAST_PX, h), this.height)];
    const inside = (place, most) => Math.round(Math.min(Math.max(0, place), most));
    return [inside(x, this.width - width), inside(y, this.height - height), Math.round(width), Math.round(height)];
  }

  #point(event) {
    const { left, top, width, height } = this.image.getBoundingClientRect();
    const share = (value, all) => Math.min(1, Math.max(0, value / all));
    return [share(event.clientX - left, width) * this.width, share(event.clientY - top, height) * this.height];
  }

  #between([x, y], [u, v]) {
    return [Math.min(x, u), Math.min(y, v), Math.abs(x - u), Math.abs(y - v)].map(Math.round);
  }

  #stretch(box) {
    this.box = box;
    this.rubber.hidden = false;
    this.#lay(this.rubber, box);
  }

  #lay(element, [x, y, w, h]) {
    const percent = (share) => `${100 * share}%`;
    Object.assign(element.style, { left: percent(x / this.width), top: percent(y / this.height) });
    Object.assign(element.style, { width: percent(w / this.width), height: percent(h / this.height) });
  }

  #option(character) {
    const option = document.createElement("div");
    this.#lay(option, character.box);
    option.className = character.kind ?? kind(character);
    option.dataset.text = character.text;
    option.setAttribute("role", "option");
    option.setAttribute("aria-label", character.label ?? described(character));
    return option;
  }

  #shownHeight() {
    const usual = this.heights?.[this.heights.length >> 1] ?? 0;
    return (usual * this.photo.clientWidth) / (this.width || 1);
  }

  /** Labels only where there is room for them. */
  #fit() {
    this.photo.toggleAttribute("data-small", this.#shownHeight() < SMALL_PX);
  }
}

function described({ text, digit, confidence }) {
  const sure = `${Math.floor(100 * confidence)} % sure`;
  return text === "?" ? `refused, perhaps ${digit}, ${sure}` : `${text}, ${sure}`;
}

/** Which colour says how sure it is. */
export function kind({ text, confidence }) {
  if (text === "?") return "refused";
  return confidence >= SURE ? "sure" : "unsure";
}
