// A page's picture with a box around every digit, to be chosen by pointer or keys. Knows nothing of the service.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const SURE = 0.99; // as the command line colours them

/** `chosen(place)` is called with the place of a digit in reading order. */
export class Photo {
  constructor(image, boxes, chosen) {
    Object.assign(this, { image, boxes, chosen });
    boxes.addEventListener("click", (event) => {
      const place = [...boxes.children].indexOf(event.target);
      if (place >= 0) this.choose(place);
    });
    boxes.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Show the digits of a page of so many pixels. */
  show({ width, height }, digits) {
    this.boxes.replaceChildren(...digits.map((digit) => box(digit, width, height)));
    this.boxes.parentElement.style.setProperty("--ratio", width / height);
    this.boxes.toggleAttribute("hidden", !digits.length); // a list without options is none
    this.boxes.firstChild?.setAttribute("tabindex", 0);
  }

  choose(place) {
    [...this.boxes.children].forEach((option, at) => {
      option.setAttribute("aria-selected", at === place);
      option.tabIndex = at === place ? 0 : -1;
    });
    this.boxes.children[place].focus({ preventScroll: true });
    this.chosen(place);
  }

  #key(event) {
    const options = [...this.boxes.children];
    const now = options.indexOf(document.activeElement);
    const to = { Home: 0, End: options.length - 1, Enter: now, " ": now }[event.key] ?? now + (STEPS[event.key] ?? NaN);
    if (!(to in options)) return;
    event.preventDefault();
    this.choose(to);
  }
}

function box(digit, width, height) {
  const option = document.createElement("div");
  const [x, y, w, h] = digit.box;
  const percent = (share) => `${100 * share}%`;
  Object.assign(option.style, { left: percent(x / width), top: percent(y / height) });
  Object.assign(option.style, { width: percent(w / width), height: percent(h / height) });
  option.className = kind(digit);
  option.dataset.text = digit.text;
  option.tabIndex = -1;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", false);
  const sure = `${Math.floor(100 * digit.confidence)} % sure`;
  option.setAttribute("aria-label", digit.accepted ? `${digit.digit}, ${sure}` : `refused, perhaps ${digit.digit}, ${sure}`);
  return option;
}

/** Which colour says how sure it is. */
export function kind(digit) {
  if (!digit.accepted) return "refused";
  return digit.confidence >= SURE ? "sure" : "unsure";
}
