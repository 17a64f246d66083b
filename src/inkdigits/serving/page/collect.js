// Teach it your handwriting: keep what was drawn or chosen under the digit it really is; see, download and delete what is kept.
// Shown only where the service keeps samples.

import { ask, newestOnly, post } from "./ask.js";
import { blobOf } from "./take.js";

const $ = (id) => document.getElementById(id);
const AT_ONCE = 60; // samples shown, until more are asked for
const QUIET = 1000; // milliseconds after which a correction is meant to stay
const when = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

const { collecting } = document.documentElement.dataset; // said by the service: undefined, "open" or "token"

let current = null; // {blob, answer, source}: what would be kept
let next = null; // where the samples go on that are not shown yet
let started = false;

const labels = Array.from({ length: 10 }, (_, digit) => {
  const button = made("button", { type: "button", onclick: () => keep(digit) });
  button.append(String(digit), made("small"));
  $("labels").append(listed(button));
  return button;
});

for (const [event, source] of [["drawn", "drawn"], ["chosen", "correction"]]) {
  document.addEventListener(`inkdigits:${event}`, ({ detail: { blob, answer } }) => {
    if (blob) begin();
    if (blob || current?.source === source) offer(blob && { blob, answer, source });
  });
}

const put = new Map(); // corrections that are kept: by the place of their digit, {label, sample, item}
let quiet;

document.addEventListener("inkdigits:corrected", ({ detail }) => {
  if (!collecting || (!detail.digits.length && !put.size)) return;
  begin();
  clearTimeout(quiet);
  quiet = setTimeout(() => settle(detail), QUIET);
});

/** Keep the digits that were put right, and no more those whose correction was undone. */
const settle = newestOnly(async ({ pages, digits }) => {
  const wanted = new Map(digits.map((digit) => [digit.id, digit]));
  for (const [id, { label, sample, item }] of [...put]) {
    if (wanted.get(id)?.label === label) continue;
    put.delete(id);
    if (pages.includes(Number(id.split(":")[0]))) await remove(sample, item); // else its picture was closed
  }
  for (const [id, { label, glyph }] of wanted) {
    if (put.has(id)) continue;
    await tried(async () => put.set(id, { label, ...(await keepSample(blobOf(glyph), label, "correction")) }));
  }
});

/** Show which drawing would be kept; null for none. */
function offer(what) {
  current = what;
  const nothing = !what || what.answer.why === "no-ink";
  if (nothing) current = null;
  $("keep-glyph").hidden = nothing;
  if (!nothing) $("keep-glyph").src = what.answer.glyph;
  $("keep-lead").textContent = what?.source === "correction" ? "Keep this digit from the picture as" : "Keep this drawing as";
  labels.forEach((button, digit) => {
    button.setAttribute("aria-disabled", nothing); // not `disabled`, which would lose the focus
    button.toggleAttribute("data-guess", !nothing && what.answer.digit === digit);
  });
}

async function keep(digit) {
  if (!current) return told("Draw a digit first, or click one in a picture.");
  const { blob, source, answer } = current;
  offer(null); // one click keeps once
  if (source === "correction" && answer.text !== String(digit)) // to put it right keeps it too
    return document.dispatchEvent(new CustomEvent("inkdigits:label", { detail: { digit } }));
  await tried(async () => {
    await keepSample(blob, digit, source);
    if (source === "drawn") $("clear").click();
  });
}

/** The sample that was kept, and its element. */
async function keepSample(blob, label, source) {
  const { sample, counts } = await (await post(`/v1/samples?label=${label}&source=${source}`, blob)).json();
  const item = thumbnail(sample);
  $("samples").prepend(item);
  count(counts);
  told(`Kept as ${label}. ${source === "drawn" ? "Draw the next." : ""}`);
  return { sample, item };
}

async function remove(sample, item) {
  await tried(async () => {
    const { counts } = await (await ask("DELETE", `/v1/samples/${sample.id}`)).json();
    const focused = item.contains(document.activeElement);
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    count(counts);
    if (focused) (neighbour?.querySelector("button") ?? $("teach-title")).focus();
    told(`The ${sample.label} was deleted.`);
  });
}

function count(counts) {
  const all = counts.reduce((sum, each) => sum + each, 0);
  labels.forEach((button, digit) => {
    button.lastChild.textContent = counts[digit] || "–";
    button.setAttribute("aria-label", `${digit}, ${counts[digit]} kept`);
  });
  $("kept").hidden = all === 0;
  const many = all === 1 ? "The only sample" : `All ${all.toLocaleString("en")} samples`;
  $("clear-all-told").textContent = `${many} will be deleted from the service's file for good. What you have `
    + "downloaded stays as it is.";
}

async function more() {
  await tried(async () => {
    const place = next ? `&before=${next}` : "";
    const found = await (await ask("GET", `/v1/samples?limit=${AT_ONCE}${place}`)).json();
    next = found.next;
    $("samples").append(...found.samples.map(thumbnail));
    $("samples-more").hidden = next === null;
    count(found.counts);
  });
}

function thumbnail(sample) {
  const made_ = when.format(new Date(sample.made));
  const item = listed(
    made("img", { src: sample.glyph, alt: `A ${sample.label}`, width: 28, height: 28, title: made_ }),
    made("span", { textContent: sample.label, ariaHidden: "true" }),
  );
  const name = `Delete this ${sample.label}, kept ${made_}`;
  item.append(made("button", { type: "button", textContent: "×", ariaLabel: name, onclick: () => remove(sample, item) }));
  return item;
}

async function save() {
  await tried(async () => {
    const url = URL.createObjectURL(await (await ask("GET", "/v1/samples/export")).blob());
    made("a", { href: url, download: "samples.zip" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    told("samples.zip has a folder for every digit.");
  });
}

async function clear() {
  await tried(async () => {
    const { deleted, counts } = await (await ask("DELETE", "/v1/samples")).json();
    $("samples").replaceChildren();
    next = null;
    $("samples-more").hidden = true;
    count(counts);
    $("teach-title").focus();
    told(`${deleted} ${deleted === 1 ? "sample was" : "samples were"} deleted.`);
  });
}

/** Say in the panel what went wrong, if something does. */
async function tried(work) {
  try {
    await work();
  } catch (error) {
    told(error.message);
  }
}

function told(words) {
  $("kept-told").textContent = words;
}

function made(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

function listed(...children) {
  const item = made("li");
  item.append(...children);
  return item;
}

/** Show the panel, if samples are kept here. */
function begin() {
  if (started || !collecting) return;
  started = true;
  $("teach").hidden = false;
  more();
}

offer(null);
$("samples-more").addEventListener("click", more);
$("samples-save").addEventListener("click", save);
$("samples-clear").addEventListener("click", () => $("clear-all").showModal());
$("clear-all").addEventListener("close", () => {
  if ($("clear-all").returnValue === "delete") clear();
  $("clear-all").returnValue = "";
});
if (collecting === "open") begin(); // else the page has the token when the first drawing is answered
