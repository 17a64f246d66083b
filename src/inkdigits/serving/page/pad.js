// The drawing pad: strokes of a pointer, squares of the keyboard; undo, redo, rubber, pen width. Knows nothing of answers.

const CELLS = 14; // squares on a side, for the keyboard
const SENT = 280; // pixels on a side of the picture that is given away
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** `changed()` is called after every change, `say(words)` for a screen reader. */
export class Pad {
  constructor(canvas, { changed, say }) {
    Object.assign(this, { canvas, changed, say });
    this.pen = canvas.getContext("2d", { willReadFrequently: true }); // kept where it is quick to send
    this.marks = []; // what was drawn, in order: {points, erases} or {cell, inked}
    this.undone = []; // what can be drawn again
    this.erases = false; // whether the pointer rubs out
    this.stroke = null; // the one that is being drawn
    this.width = 0.05; // of the side
    this.at = [6, 3]; // the keyboard's square: column, row
    this.small = Object.assign(document.createElement("canvas"), { width: SENT, height: SENT });
    this.#listen();
  }

  get empty() {
    return this.marks.length === 0;
  }

  undo() {
    const mark = this.marks.pop();
    if (mark) this.undone.push(mark);
    this.#changed();
  }

  redo() {
    const mark = this.undone.pop();
    if (mark) this.marks.push(mark);
    this.#changed();
  }

  clear() {
    this.marks = [];
    this.undone = [];
    this.#changed();
  }

  /** Draw strokes: lists of points, each [x, y] in shares of the side. */
  draw(strokes) {
    const wide = this.width;
    this.marks.push(...strokes.map((points) => ({ points: points.map(([x, y]) => ({ x, y, wide })), erases: false })));
    this.undone = [];
    this.#changed();
  }

  /** What is drawn, black on white, as a PNG. Not by toBlob, which browsers put off until they are idle. */
  blob() {
    const to = this.small.getContext("2d", { willReadFrequently: true });
    to.fillStyle = "#fff";
    to.fillRect(0, 0, SENT, SENT);
    to.drawImage(this.canvas, 0, 0, SENT, SENT);
    const [, coded] = this.small.toDataURL("image/png").split(",");
    return new Blob([Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0))], { type: "image/png" });
  }

  #listen() {
    const on = (kind, does) => this.canvas.addEventListener(kind, does);
    on("pointerdown", (event) => this.#begin(event));
    on("pointermove", (event) => this.#go(event));
    for (const kind of ["pointerup", "pointercancel"]) on(kind, (event) => this.#end(event));
    on("keydown", (event) => this.#key(event));
  }

  #begin(event) {
    if (this.stroke || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.stroke = { points: [], pointer: event.pointerId, erases: this.erases };
    this.marks.push(this.stroke);
    this.undone = [];
    this.#add(event);
    this.#changed();
  }

  #go(event) {
    if (this.stroke?.pointer !== event.pointerId) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.#add(each);
    this.#changed();
  }

  #end(event) {
    if (this.stroke?.pointer !== event.pointerId) return;
    this.stroke = null;
  }

  /** A point of the stroke, 0..1 on both sides; a pen that knows how hard it is pressed is wider then. */
  #add(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const pressed = event.pointerType === "pen" && event.pressure ? 0.4 + 1.2 * event.pressure : 1;
    const point = { x: (event.clientX - left) / width, y: (event.clientY - top) / height, wide: this.width * pressed };
    this.stroke.points.push(point);
  }

  #changed() {
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const mark of this.marks) {
      this.pen.globalCompositeOperation = (mark.erases ?? !mark.inked) ? "destination-out" : "source-over";
      if (mark.cell) this.#square(mark.cell);
      else trace(this.pen, mark.points, this.canvas.width);
    }
    this.changed();
  }

  #square([column, row]) {
    const side = this.canvas.width / CELLS;
    this.pen.fillRect(column * side, row * side, side, side);
  }

  #key(event) {
    const { key } = event;
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (key in ARROWS) this.#move(ARROWS[key], event.shiftKey);
    else if (key === " " || key === "Enter") this.#ink(!this.#inked());
    else if (key === "Delete" || key === "Backspace") this.clear();
    else return;
    event.preventDefault();
  }

  #move([right, down], draws) {
    if (draws && !this.#inked()) this.#ink(true);
    const within = (place) => Math.min(CELLS - 1, Math.max(0, place));
    this.at = [within(this.at[0] + right), within(this.at[1] + down)];
    if (draws && !this.#inked()) this.#ink(true);
    this.#showCell();
  }

  #ink(inked) {
    this.marks.push({ cell: [...this.at], inked });
    this.undone = [];
    this.#changed();
    this.#showCell();
  }

  /** Whether the middle of the keyboard's square has ink. */
  #inked() {
    const [x, y] = this.at.map((place) => Math.floor(((place + 0.5) * this.canvas.width) / CELLS));
    return this.pen.getImageData(x, y, 1, 1).data[3] > 127;
  }

  #showCell() {
    const style = this.canvas.parentElement.style;
    style.setProperty("--column", this.at[0]);
    style.setProperty("--row", this.at[1]);
    this.say(`Row ${this.at[1] + 1}, column ${this.at[0] + 1}, ${this.#inked() ? "ink" : "empty"}`);
  }
}

/** Draw a stroke through all its points, {x, y, wide} in shares of a side: a curve, since a quick hand leaves few of them
 *  and a digit with corners in it is another one (a spline of Catmull and Rom, as Bézier curves). */
export function trace(pen, points, side) {
  const at = (place) => points[Math.min(points.length - 1, Math.max(0, place))];
  pen.lineCap = pen.lineJoin = "round";
  for (let place = 0; place < Math.max(1, points.length - 1); place++) {
    const [before, from, to, after] = [-1, 0, 1, 2].map((step) => at(place + step));
    const control = (point, ahead, behind) => [point.x + (ahead.x - behind.x) / 6, point.y + (ahead.y - behind.y) / 6];
    pen.lineWidth = to.wide * side;
    pen.beginPath();
    pen.moveTo(from.x * side, from.y * side);
    const curve = [...control(from, to, before), ...control(to, from, after), to.x, to.y].map((each) => each * side);
    pen.bezierCurveTo(...curve.with(4, curve[4] + 0.01)); // a point alone is a dot
    pen.stroke();
  }
}
