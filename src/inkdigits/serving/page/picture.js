// The picture's side of the page: read it, show it with its boxes, a chosen digit, the stages, the downloads.

import { post, postForJson } from "./ask.js";
import { Photo } from "./photo.js";
import { Seen } from "./seen.js";
import { blobOf, copy, save } from "./take.js";

const STAGES = {
  page: "The page, upright.",
  ink: "The ink, lifted off the paper; blue is too faint to count.",
  found: "Where the first network finds digits, at several sizes: violet is improbable, yellow almost certain.",
  glyphs: "What the second network sees of each detection, with its digit and how probable it is that it is one.",
  weighed: "The detections, scored by both networks together.",
  read: "The most probable digits that do not conflict, grouped into numbers and lines.",
};
const NARROW = "(max-width: 52rem)"; // where what is told of a digit lies far below its box
const $ = (id) => document.getElementById(id);

/** `say(words)` for a screen reader, `trouble(error)` for all, `told(blob, answer)` when a digit was chosen. */
export class PictureView {
  constructor({ say, trouble, told }) {
    Object.assign(this, { say, trouble, told });
    this.photo = new Photo($("photo-image"), $("boxes"), (place) => this.#attempt(() => this.#choose(place)));
    this.seen = new Seen($("picture-seen"));
    this.#listen();
  }

  /** Read a picture and show what it says. */
  read(file) {
    return this.#attempt(async () => {
      $("take").setAttribute("aria-busy", true);
      try {
        const { readings } = await postForJson("/v1/read", file, file.name || "picture");
        Object.assign(this, { file, readings });
        this.#showPage(0);
      } finally {
        $("take").removeAttribute("aria-busy");
      }
    });
  }

  #listen() {
    const on = (id, does) => $(id).addEventListener("click", () => this.#attempt(does));
    on("earlier", () => this.#showPage(this.at - 1));
    on("later", () => this.#showPage(this.at + 1));
    on("copy", async () => {
      await copy(this.readings.map(({ text }) => text).join("\n"));
      this.say("Copied");
      $("copy").textContent = "Copied";
      setTimeout(() => ($("copy").textContent = "Copy text"), 1500);
    });
    on("csv", () => this.#download("csv", "csv"));
    on("json", () => this.#download("jsonl", "json"));
    $("photo-image").addEventListener("error", () => this.#attempt(() => this.#drawnByService()));
    $("stages").addEventListener("toggle", () => $("stages").open && this.#attempt(() => this.#showStages()));
  }

  async #attempt(work) {
    try {
      await work();
      this.trouble(null);
    } catch (error) {
      this.trouble(error);
    }
  }

  #showPage(at) {
    this.at = at;
    this.digit = null; // the one that is chosen
    this.explained = null; // asked for when it is wanted
    const page = this.readings[at];
    this.digits = page.lines.flatMap(({ numbers }) => numbers.flatMap(({ digits }) => digits));
    this.#showPicture(at);
    this.photo.show(page, this.digits);
    showText(page);
    $("about").textContent = `${counted(this.digits)} in ${page.seconds.toFixed(2)} s by ${page.model.name} ${page.model.version}`;
    $("pager").hidden = this.readings.length === 1;
    $("page-number").textContent = `Page ${at + 1} of ${this.readings.length}`;
    $("earlier").disabled = at === 0;
    $("later").disabled = at === this.readings.length - 1;
    for (const [id, hidden] of [["result", false], ["chosen", true]]) $(id).hidden = hidden;
    $("stages").open = false;
    this.say(page.text ? `Read: ${page.text}` : "No digits were found.");
  }

  /** The browser's own view of the picture where it has one: at once, and in full. */
  #showPicture(at) {
    URL.revokeObjectURL(this.url ?? "");
    this.url = URL.createObjectURL(this.file);
    const image = $("photo-image");
    image.alt = `Page ${at + 1} of ${this.file.name || "the picture"}`;
    if (at === 0) image.src = this.url;
    else {
      image.removeAttribute("src");
      this.#attempt(() => this.#drawnByService());
    }
  }

  /** What no browser shows, PDF and TIFF say, the service has drawn. */
  async #drawnByService() {
    const { stages } = await this.#explanation();
    $("photo-image").src = stages[0].picture;
  }

  #explanation() {
    const page = this.readings[this.at].page;
    this.explained ??= postForJson(`/v1/explain?page=${page}`, this.file, this.file.name || "picture");
    this.explained.catch(() => (this.explained = null)); // it may be asked for again
    return this.explained;
  }

  async #choose(place) {
    const digit = (this.digit = this.digits[place]);
    $("chosen-title").textContent = `Digit ${place + 1} of ${this.digits.length}`;
    const { digits } = await this.#explanation();
    const blob = blobOf(digits[place].glyph);
    const answer = merged(await postForJson("/v1/inspect?normalised=true", blob), digit);
    if (digit !== this.digit) return; // another one was chosen meanwhile
    this.seen.show(answer);
    $("chosen").hidden = false;
    if (matchMedia(NARROW).matches) $("chosen").scrollIntoView({ block: "start" });
    this.say(`Digit ${place + 1} of ${this.digits.length}: ${$("picture-seen").querySelector("[data-part=why]").textContent}`);
    this.told(blob, answer);
  }

  async #showStages() {
    const { stages } = await this.#explanation();
    $("stage-list").replaceChildren(...stages.map(stage));
  }

  async #download(format, ending) {
    const answer = await post(`/v1/read?format=${format}`, this.file, this.file.name || "picture");
    const stem = (this.file.name || "picture").replace(/\.[^.]*$/, "");
    save(await answer.blob(), `${stem}.${ending}`);
  }
}

function showText(page) {
  const lines = page.lines.map(({ text }) => {
    const line = document.createElement("span");
    line.innerHTML = text.replaceAll("?", '<b class="refused">?</b>'); // nothing but digits, spaces and ?
    return line;
  });
  $("text").replaceChildren(...(lines.length ? lines : ["No digits were found."]));
  $("text").toggleAttribute("data-empty", !lines.length);
}

function counted(digits) {
  const refused = digits.filter(({ accepted }) => !accepted).length;
  return `${digits.length} ${digits.length === 1 ? "digit" : "digits"}${refused ? `, ${refused} refused` : ""}`;
}

/** What the page said of a digit, and what the second network sees of it. */
function merged(inspected, digit) {
  const shares = new Map(digit.candidates);
  const unsure = digit.digitness < inspected.accept.digitness ? "no-digit" : "unsure";
  return {
    ...inspected,
    ...digit,
    probabilities: inspected.probabilities.map((_, each) => shares.get(each) ?? 0),
    why: digit.accepted ? "accepted" : unsure,
  };
}

function stage({ name, picture }) {
  const item = document.createElement("li");
  item.className = name;
  item.innerHTML = '<figure><img alt=""><figcaption></figcaption></figure>';
  item.querySelector("img").src = picture;
  item.querySelector("figcaption").textContent = STAGES[name] ?? name;
  return item;
}
