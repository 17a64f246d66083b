// An answer about one digit, shown: which it is, how sure, why, and what the network saw on the way.

const NONE = "none"; // what is drawn is no single digit
const percents = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A share as people read it, never rounded up to certainty: 0.99996 is more than 99.9 %. */
export function percent(share) {
  const shown = percents.format(Math.min(share, 0.999)).replace("%", "\u202f%");
  return share > 0.9994 ? `>\u202f${shown}` : shown;
}

/** What decided, in one sentence. */
export function sentence({ digit, confidence, digitness, why, accept }) {
  const whole = (share) => percents.format(share).replace(".0", "").replace("%", "\u202f%");
  const sure = percent(confidence * digitness);
  return {
    accepted: `Accepted as ${digit}: ${sure} sure, and ${whole(accept.confidence)} is enough.`,
    unsure: `Not accepted: perhaps ${digit}, but only ${sure} sure, and ${whole(accept.confidence)} is needed.`,
    "no-digit": `Not accepted: probably not one digit (${percent(digitness)} sure that it is, and ${whole(accept.digitness)} is needed).`,
    "no-ink": "There is no ink to read.",
  }[why];
}

/** What the page said of a digit, and what the second network sees of it. */
export function merged(inspected, digit) {
  const shares = new Map(digit.candidates);
  const unsure = digit.digitness < inspected.accept.digitness ? "no-digit" : "unsure";
  return {
    ...inspected,
    ...digit,
    probabilities: inspected.probabilities.map((_, each) => shares.get(each) ?? 0),
    why: digit.accepted ? "accepted" : unsure,
  };
}

/** A view of answers inside `host`. */
export class Seen {
  constructor(host) {
    this.host = host;
    host.append(document.getElementById("seen").content.cloneNode(true));
    this.parts = Object.fromEntries([...host.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.bars = [...Array(10).keys(), NONE].map((what) => added(this.parts.bars, bar(what)));
    this.start = this.parts.why.textContent;
    this.layers = [];
    this.nearest = [];
  }

  /** As before the first answer. */
  empty() {
    this.showNumber([]);
    this.parts.digit.textContent = "";
    this.parts.digit.className = "digit";
    this.parts.why.textContent = this.start;
    for (const row of this.bars) fill(row, 0, "–", false);
    this.parts.looks.hidden = true;
  }

  /** Show what POST /v1/inspect answered, and what led to it if it was told. */
  show(answer) {
    const { parts } = this;
    this.showNumber([]);
    parts.digit.textContent = answer.why === "no-ink" ? "" : answer.text;
    parts.digit.classList.toggle("refused", !answer.accepted);
    parts.why.textContent = sentence(answer);
    const shares = [...answer.probabilities.map((share) => share * answer.digitness), 1 - answer.digitness];
    shares.forEach((share, digit) => fill(this.bars[digit], share, percent(share), share === Math.max(...shares)));
    parts.looks.toggleAttribute("data-old", !answer.layers.length);
    if (answer.layers.length) this.explain(answer);
  }

  /** What is no single digit may be several: show the numbers, if there are any, with the signs of their `text`. */
  showNumber(numbers, text = "") {
    this.host.querySelector(".answer").toggleAttribute("data-number", numbers.length > 0);
    if (!numbers.length) return;
    const sure = numbers.reduce((product, { confidence }) => product * confidence, 1);
    const count = numbers.reduce((sum, { digits }) => sum + digits.length, 0);
    this.parts.digit.textContent = text;
    this.parts.digit.classList.toggle("refused", text.includes("?"));
    this.parts.looks.hidden = true;
    this.parts.why.textContent = `Read as ${numbers.length === 1 ? "a number" : "numbers"} of ${count} digits: ${percent(sure)} sure that all of it is right.`;
  }

  /** Show what led to an answer. */
  explain(answer) {
    const { parts } = this;
    parts.looks.hidden = this.host.querySelector(".answer").hasAttribute("data-number");
    parts.looks.removeAttribute("data-old");
    parts.glyph.src = answer.glyph;
    this.#mattered(answer);
    resized(this.nearest, answer.nearest.length, () => added(parts.nearest, neighbour()), parts.nearest);
    answer.nearest.forEach((each, place) => {
      const [image, words] = this.nearest[place].children;
      image.src = each.glyph;
      words.textContent = each.digit;
      this.nearest[place].title = `No. ${each.place} of the training set, ${percent(Math.max(0, each.likeness))} similar`;
    });
    resized(this.layers, answer.layers.length, () => added(parts.layers, layer()), parts.layers);
    answer.layers.forEach((each, place) => {
      const [image, words] = this.layers[place].children;
      const size = `${each.maps} maps of ${each.width} × ${each.height}`;
      Object.assign(image, { src: each.picture, alt: `Layer ${place + 1}: ${size}` });
      image.onpointermove = (event) => (image.title = mapWords(event, each));
      words.innerHTML = `<b>Layer ${place + 1}</b> ${size}`;
    });
  }

  #mattered(answer) {
    const { mattered, without } = this.parts;
    const [image, veil, square] = mattered.children;
    image.src = answer.glyph;
    veil.style.maskImage = veil.style.webkitMaskImage = `url("${answer.mattered}")`;
    square.hidden = !answer.without;
    const words = answer.without ? withoutWords(answer) : "no single part does";
    without.textContent = words;
    mattered.setAttribute("aria-label", `The parts that mattered, marked in colour: ${words}`);
    answer.without?.box.forEach((value, place) => square.style.setProperty(["--x", "--y", "--w", "--h"][place], value));
  }
}

/** What the map under the pointer shows. */
function mapWords({ target, offsetX, offsetY }, { maps, width, height }) {
  const columns = Math.round((target.naturalWidth + 1) / (width + 1)); // a line parts two maps
  const row = Math.floor((offsetY / target.clientHeight) * ((target.naturalHeight + 1) / (height + 1)));
  const map = row * columns + Math.floor((offsetX / target.clientWidth) * columns) + 1;
  if (height === 1) return `One number for each of ${width} learnt features of the whole digit: the brighter, the more of it.`;
  return `Map ${Math.min(map, maps)} of ${maps}: where on the digit one learnt pattern is found; white is where it is strongest.`;
}

function withoutWords({ accept, without: { digit, confidence } }) {
  const sure = percent(confidence);
  if (confidence >= accept.confidence) return `without the square it reads ${digit}, ${sure} sure`;
  return `without the square it is refused: ${digit} at best, ${sure} sure`;
}

function bar(what) {
  const row = document.createElement("li");
  row.innerHTML = `<b>${what}</b><span class="bar" aria-hidden="true"></span><span class="share">–</span>`;
  return row;
}

function fill(row, share, words, best) {
  row.style.setProperty("--share", share);
  row.lastChild.textContent = words;
  row.toggleAttribute("data-best", best);
}

function neighbour() {
  const item = document.createElement("li");
  item.innerHTML = '<img class="glyph" alt="" decoding="sync"><span></span>';
  return item;
}

function layer() {
  const figure = document.createElement("figure");
  figure.innerHTML = '<img alt="" decoding="sync"><figcaption></figcaption>';
  return figure;
}

function added(parent, element) {
  parent.append(element);
  return element;
}

/** Have so many elements: answers of the same network need the same ones again and again. */
function resized(elements, count, make) {
  while (elements.length < count) elements.push(make());
  while (elements.length > count) elements.pop().remove();
}
