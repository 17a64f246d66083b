// The page to review: every page of a reading is in it, with its picture, and nothing is asked of anybody.

const $ = (id) => document.getElementById(id);
const pages = [...document.querySelectorAll("script.page")].map(({ textContent }) => JSON.parse(textContent));
let saved;

const editor = new Editor(
  { paper: $("paper"), card: $("card"), text: $("text") },
  { read: async () => [], chosen: () => {}, changed: () => {}, say, trouble: (error) => error && say(error.message) },
);
const edits = editor.corrections;
editor.turn = show;
pages.forEach(({ reading }, page) => edits.put(page, reading));

function show(page) {
  const { reading, picture } = pages[page];
  editor.show(page, `Page ${reading.page} of ${reading.file}`);
  $("photo-image").src = picture;
  $("read-title").textContent = reading.page > 1 ? `${reading.file}, page ${reading.page}` : reading.file;
  $("page-number").textContent = `${page + 1} of ${pages.length}`;
  $("earlier").disabled = page === 0;
  $("later").disabled = page === pages.length - 1;
}

function say(words) {
  $("told").textContent = words;
}

function save(text, kind, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type: kind })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  saved = edits.past.at(-1);
}

$("earlier").addEventListener("click", () => show(editor.page - 1));
$("later").addEventListener("click", () => show(editor.page + 1));
$("csv").addEventListener("click", () => save(asCsv(edits.pages), "text/csv", "numbers.csv"));
$("json").addEventListener("click", () => save(asJsonLines(edits.pages), "application/json", "numbers.json"));
$("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(asText(edits.pages));
    say("Copied.");
    saved = edits.past.at(-1);
  } catch {
    say("The browser does not let this page copy; save the CSV instead.");
  }
});
addEventListener("beforeunload", (event) => {
  if (edits.past.length && edits.past.at(-1) !== saved) event.preventDefault();
});
$("result").hidden = $("pager").hidden = pages.length === 0;
if (pages.length < 2) $("pager").hidden = true;
if (pages.length) show(0);
const left = editor.doubtful.length;
say(left ? `${left} ${left === 1 ? "digit is" : "digits are"} doubtful.` : "No digit is doubtful.");
