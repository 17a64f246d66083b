// The picture's side of the page: pictures are read page by page, shown, corrected, and taken away.

import { patiently, post, postForJson } from "./ask.js";
import { digitsPutRight } from "./characters.js";
import { Editor } from "./editor.js";
import { asCsv, asJsonLines, asText } from "./formats.js";
import { Seen, merged } from "./seen.js";
import { blobOf, copy, save } from "./take.js";

const STAGES = {
  page: "The page, upright.",
  ink: "The ink, lifted off the paper; blue is too faint to count.",
  found: "Where the first network finds digits, at several sizes: violet is improbable, yellow almost certain.",
  glyphs: "What the second network sees of each detection, with its digit and how probable it is that it is one.",
  weighed: "The detections, scored by both networks together.",
  read: "The most probable digits that do not conflict, grouped into numbers and lines.",
};
const SHOWN = /^image\/(png|jpeg|gif|webp|bmp|avif)$/; // what browsers show; the service draws all else
const MOST_PAGES = 1000; // of a file
const $ = (id) => document.getElementById(id);

/** `say(words)` for a screen reader, `trouble(error)` for all, `told(blob, answer)` when a digit was chosen,
 *  `corrected({pages, digits})` when anything was changed: what is open, and the digits of it that were put right. */
export class PictureView {
  constructor({ say, trouble, told, corrected }) {
    Object.assign(this, { say, trouble, told });
    this.sheets = new Map(); // by their place in the order of reading: {file, page, pages, state, …}
    this.files = 0; // that were ever given
    this.editor = new Editor(
      { paper: $("paper"), card: $("card"), text: $("text") },
      { read: (key, box) => this.#readBox(key, box), chosen: (at, digit) => this.#attempt(() => this.#look(at, digit)), changed: () => corrected(this.#putRight()), say, trouble },
    );
    this.editor.turn = (key) => this.show(key);
    this.edits = this.editor.corrections;
    this.seen = new Seen($("picture-seen"));
    this.#listen();
  }

  /** Read pictures, one after the other, and show the first of them. */
  async read(files) {
    const keys = files.map((file) => this.#enter(file));
    this.show(keys[0]);
    for (const key of keys) await this.#readFile(key);
  }

  /** Show a page, or what became of it. */
  show(key) {
    const sheet = this.sheets.get(key);
    this.key = key;
    this.#list();
    $("take").toggleAttribute("data-done", Boolean(sheet));
    $("notice").hidden = !sheet || sheet.state === "read";
    $("notice").textContent = sheet?.message ?? (sheet ? `Reading ${nameOf(sheet)} …` : "");
    $("notice").toggleAttribute("data-failed", sheet?.state === "failed");
    $("result").hidden = sheet?.state !== "read";
    if (sheet?.state === "read") this.#showPage(key, sheet);
  }

  #listen() {
    const on = (id, does) => $(id).addEventListener("click", () => this.#attempt(does));
    on("earlier", () => this.#step(-1));
    on("later", () => this.#step(1));
    on("forget", () => this.#forget());
    on("part", async () => this.#again({ region: (await this.editor.askBox("Draw a box around what is to be read.")).join(",") }));
    $("how").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#attempt(() => this.#again());
    });
    on("copy", async () => {
      await copy(asText(this.#readings()));
      this.say("Copied");
      $("copy").textContent = "Copied";
      setTimeout(() => ($("copy").textContent = "Copy text"), 1500);
      this.#taken();
    });
    on("csv", () => this.#save(new Blob([asCsv(this.#readings())], { type: "text/csv" }), "csv"));
    on("json", () => this.#save(new Blob([asJsonLines(this.#readings())], { type: "application/json" }), "json"));
    on("xlsx", async () => {
      const readings = asJsonLines(this.#readings()).trim().replaceAll("\n", ",");
      const answer = await post("/v1/xlsx", new Blob([`{"readings":[${readings}]}`], { type: "application/json" }));
      this.#save(await answer.blob(), "xlsx");
    });
    $("files").addEventListener("click", ({ target }) => {
      const { key } = target.closest("button")?.dataset ?? {};
      if (key) this.show(Number(key));
    });
    $("photo-image").addEventListener("error", () => this.#attempt(() => this.#drawnByService()));
    $("stages").addEventListener("toggle", () => $("stages").open && this.#attempt(() => this.#showStages()));
    addEventListener("beforeunload", (event) => {
      if (this.edits.past.length && this.edits.past.at(-1) !== this.saved) event.preventDefault();
    });
  }

  async #attempt(work) {
    try {
      await work();
      this.trouble(null);
    } catch (error) {
      this.trouble(error);
    }
  }

  #enter(file, page = 1, pages = 1, number = this.files++) {
    const key = number * MOST_PAGES + page - 1;
    this.sheets.set(key, { file, page, pages, number, state: "reading" });
    return key;
  }

  /** The first page tells how many there are; the others follow it one by one. */
  async #readFile(first) {
    const { file, number } = this.sheets.get(first);
    const { pages } = await this.#readPage(first);
    const keys = Array.from({ length: pages - 1 }, (_, place) => this.#enter(file, place + 2, pages, number));
    if (this.sheets.has(first)) this.sheets.get(first).pages = pages;
    if (keys.length) this.show(this.key);
    for (const key of keys) await this.#readPage(key);
  }

  async #readPage(key) {
    const sheet = this.sheets.get(key);
    if (!sheet) return { pages: 1 }; // closed meanwhile
    try {
      const answer = await patiently(() => this.#ask(sheet, { picture: sheet.page > 1 || !SHOWN.test(sheet.file.type) }));
      if (this.sheets.get(key) !== sheet) return { pages: 1 };
      Object.assign(sheet, { state: "read", picture: answer.picture, pages: answer.pages, url: answer.picture ?? sheet.url });
      this.edits.put(key, answer.reading);
      return answer;
    } catch (error) {
      Object.assign(sheet, { state: "failed", message: error.message });
      return { pages: 1 };
    } finally {
      if (key === this.key) this.show(key);
      else this.#list();
    }
  }

  /** Read the picture that is shown again, as the form says; with a region, only its page. */
  async #again(region = {}) {
    const how = { ...Object.fromEntries([...new FormData($("how"))].filter(([, value]) => value !== "")), ...region };
    const { file } = this.sheets.get(this.key);
    const keys = region.region ? [this.key] : this.#keys().filter((key) => this.sheets.get(key).file === file);
    for (const key of keys) {
      Object.assign(this.sheets.get(key), { how, state: "reading", message: undefined });
      this.edits.drop(key);
    }
    this.show(this.key);
    for (const key of keys) await this.#readPage(key);
  }

  #ask({ file, page, how }, options = {}) {
    const query = new URLSearchParams({ page, ...how, ...options });
    return postForJson(`/v1/page?${query}`, file, file.name || "picture");
  }

  /** The numbers in a box of a page. */
  async #readBox(key, box) {
    const { reading } = await this.#ask(this.sheets.get(key), { region: box.join(",") });
    return reading.lines.flatMap(({ numbers }) => numbers).filter(({ rejected }) => !rejected);
  }

  #showPage(key, sheet) {
    const reading = this.edits.pages[key];
    this.explained = null; // asked for when it is wanted
    sheet.url ??= sheet.picture ?? URL.createObjectURL(sheet.file);
    this.editor.show(key, `Page ${sheet.page} of ${sheet.file.name || "the picture"}`);
    $("photo-image").src = sheet.url;
    const digits = this.edits.places(key).length;
    $("about").textContent = `${digits} ${digits === 1 ? "digit" : "digits"} in ${reading.seconds.toFixed(2)} s by ${reading.model.name} ${reading.model.version}`;
    const keys = this.#keys();
    $("pager").hidden = keys.length === 1;
    $("page-number").textContent = `Page ${sheet.page} of ${sheet.pages}`;
    $("earlier").disabled = key === keys[0];
    $("later").disabled = key === keys.at(-1);
    $("chosen").hidden = true;
    $("stages").open = false;
    this.say(reading.text ? `Read: ${reading.text}` : "No digits were found.");
  }

  #keys() {
    return [...this.sheets.keys()].sort((a, b) => a - b);
  }

  #step(by) {
    const keys = this.#keys();
    this.show(keys[keys.indexOf(this.key) + by]);
  }

  /** All pages with what became of them, where there are several. */
  #list() {
    const keys = this.#keys();
    const reading = keys.some((key) => this.sheets.get(key).state === "reading");
    $("take").toggleAttribute("data-busy", reading);
    $("take").setAttribute("aria-busy", reading);
    $("files").hidden = keys.length < 2 && this.sheets.get(keys[0])?.state !== "failed";
    $("files").replaceChildren(...keys.map((key) => this.#item(key)));
    $("files").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #item(key) {
    const sheet = this.sheets.get(key);
    const item = document.createElement("li");
    item.innerHTML = '<button type="button"><span></span> <small></small></button>';
    const [button] = item.children;
    button.dataset.key = key;
    button.className = sheet.state;
    if (key === this.key) button.setAttribute("aria-current", "page");
    button.firstChild.textContent = nameOf(sheet);
    button.lastChild.textContent = this.#stateOf(key, sheet);
    return item;
  }

  #stateOf(key, { state }) {
    if (state !== "read") return { reading: "reading …", failed: "not read" }[state];
    const refused = this.edits.places(key).filter((at) => this.edits.character(at).accepted === false).length;
    return refused ? `${refused} doubtful` : "read";
  }

  #forget() {
    const { file } = this.sheets.get(this.key);
    const gone = this.#keys().filter((key) => this.sheets.get(key).file === file);
    for (const key of gone) {
      URL.revokeObjectURL(this.sheets.get(key).url ?? "");
      this.sheets.delete(key);
    }
    this.key = undefined;
    for (const key of gone) this.edits.drop(key);
    this.show(this.#keys().at(-1));
  }

  /** What is open, and its digits that were put right. */
  #putRight() {
    const { known, pages } = this.edits;
    const placed = (page) => ({ box, text, glyph }) => ({ id: `${page}:${box}`, label: Number(text), glyph });
    return { pages: known, digits: known.flatMap((page) => digitsPutRight(pages[page]).filter(({ glyph }) => glyph).map(placed(page))) };
  }

  #readings() {
    return this.edits.known.map((key) => this.edits.pages[key]);
  }

  #save(blob, ending) {
    const names = new Set([...this.sheets.values()].map(({ file }) => file.name || "picture"));
    const stem = names.size === 1 ? [...names][0].replace(/\.[^.]*$/, "") : "numbers";
    save(blob, `${stem}.${ending}`);
    this.#taken();
  }

  /** All that is open was taken away, but for pages that failed: whoever takes it is to know that. */
  #taken() {
    this.saved = this.edits.past.at(-1);
    const failed = this.#keys().map((key) => this.sheets.get(key)).filter(({ state }) => state === "failed");
    if (failed.length) throw new Error(`Not in it, because it could not be read: ${failed.map(nameOf).join(", ")}.`);
  }

  /** What the browser could not show after all, the service draws. */
  async #drawnByService() {
    const [key, sheet] = [this.key, this.sheets.get(this.key)];
    if (!sheet || sheet.picture) return;
    const { picture } = await this.#ask(sheet, { picture: true });
    Object.assign(sheet, { picture, url: picture });
    if (key === this.key) $("photo-image").src = picture;
  }

  /** What the second network sees of the digit that is looked at. */
  async #look(at, digit) {
    this.digit = digit;
    const place = this.edits.places(at.page).findIndex((each) => String(Object.values(each)) === String(Object.values(at)));
    $("chosen-title").textContent = `Digit ${place + 1} of ${this.edits.places(at.page).length}`;
    if (!digit.glyph) return void ($("chosen").hidden = true);
    const blob = blobOf(digit.glyph);
    const answer = merged(await postForJson("/v1/inspect?normalised=true", blob), digit);
    if (digit !== this.digit || at.page !== this.key) return; // another one was chosen meanwhile
    this.seen.show(answer);
    $("chosen").hidden = false;
    this.told(blob, answer);
  }

  async #showStages() {
    const { file, page } = this.sheets.get(this.key);
    const { key } = this;
    const { stages } = await postForJson(`/v1/explain?page=${page}`, file, file.name || "picture");
    if (key === this.key) $("stage-list").replaceChildren(...stages.map(stage));
  }
}

function nameOf({ file, page, pages }) {
  const name = file.name || "picture";
  return pages > 1 ? `${name}, ${page}/${pages}` : name;
}

function stage({ name, picture }) {
  const item = document.createElement("li");
  item.className = name;
  item.innerHTML = '<figure><img alt=""><figcaption></figcaption></figure>';
  item.querySelector("img").src = picture;
  item.querySelector("figcaption").textContent = STAGES[name] ?? name;
  return item;
}
