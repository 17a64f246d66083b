// The page to draw a template on: its fields lie as boxes over the blank, to be drawn, moved, named and told more of.

const $ = (id) => document.getElementById(id);
const NAME = /^[\p{L}_][\p{L}\p{N}_]{0,63}$/u;
const COLUMNS = ["file", "page", "form", "confidence", "doubtful", "failure"]; // that every table has
const NUMBERS = ["cells", "length"];
const template = JSON.parse($("template").textContent);
const known = [...$("field").querySelectorAll("[name]")];
const labels = { boxes: "Fields", rubber: "A field: arrows move it, Shift with arrows sizes it, Enter keeps it, Escape leaves" };
let chosen = -1; // the place of the field that is chosen, -1 for none
let changing = false; // whether the box that is drawn is of that field, or of a new one
let saved = asJson();

const sheet = new Sheet($("paper"), { chosen: (place) => choose(place, true), drawn, say, labels });
sheet.show(template, `The blank of ${template.name}`);
sheet.image.src = template.blank;
$("title").value = template.name;
$("rules").value = template.rules.join("\n");
show();
choose(template.fields.length ? 0 : -1);
say(`${template.fields.length} fields are proposed. Name them, and say what you know of them.`);

function asJson() {
  return JSON.stringify(template, null, 2);
}

function say(words) {
  $("told").textContent = words;
}

function show() {
  const shown = template.fields.map((field) => ({ box: field.box, text: field.name, label: describe(field), kind: findFault(field) ? "refused" : "sure" }));
  sheet.draw(shown, chosen, null);
}

function describe({ name, cells }) {
  return cells ? `${name}, ${cells} boxes` : name;
}

/** What a field cannot be as it is, or nothing. */
function findFault(field) {
  const others = template.fields.filter((each) => each !== field);
  if (!NAME.test(field.name)) return `“${field.name}” cannot name a field: take a letter, then letters, digits and _.`;
  if (COLUMNS.includes(field.name)) return `“${field.name}” cannot name a field: every table has a column of that name.`;
  if (others.some(({ name }) => name === field.name)) return `Two fields are named ${field.name}.`;
  const other = others.find(({ box }) => overlap(box, field.box));
  return other ? `The fields ${field.name} and ${other.name} overlap.` : "";
}

function overlap([x, y, w, h], [u, v, width, height]) {
  return x < u + width && u < x + w && y < v + height && v < y + h;
}

function choose(place, focus = false) {
  chosen = place;
  const field = template.fields[place];
  $("field").disabled = !field;
  for (const each of known) {
    if (each.type === "checkbox") each.checked = Boolean(field?.[each.name]);
    else each.value = field?.[each.name] ?? (each.name === "as" ? "integer" : "");
  }
  sheet.mark(place, null);
  if (focus) sheet.focus(place);
  if (field) say(findFault(field) || `${describe(field)}: ${place + 1} of ${template.fields.length}`);
}

function tell({ target }) {
  const field = template.fields[chosen];
  const value = target.type === "checkbox" ? target.checked : target.value.trim();
  if (target.name === "name") field.name = value;
  else if (!value || value === "integer") delete field[target.name];
  else field[target.name] = NUMBERS.includes(target.name) ? Number(value) : value;
  show();
  say(findFault(field));
}

function begin(change) {
  changing = change && chosen >= 0;
  if (changing) sheet.change(template.fields[chosen].box);
  else sheet.begin(template.fields[chosen]?.box, true);
  say(changing ? "Drag the box, or draw it anew; or use the arrows, and Enter." : "Draw a box on the sheet; or use the arrows, and Enter.");
}

function drawn(box) {
  if (changing) template.fields[chosen].box = box;
  else template.fields.push({ name: freeName(), box });
  if (!changing) chosen = template.fields.length - 1;
  show();
  choose(chosen);
  if (changing) sheet.focus(chosen);
  else known[0].select();
}

function freeName() {
  const names = new Set(template.fields.map(({ name }) => name));
  let count = 1;
  while (names.has(`field${count}`)) count += 1;
  return `field${count}`;
}

function remove() {
  template.fields.splice(chosen, 1);
  chosen = Math.min(chosen, template.fields.length - 1);
  show();
  choose(chosen, true);
}

function press(event) {
  const last = template.fields.length - 1;
  const places = { ArrowRight: chosen + 1, ArrowDown: chosen + 1, ArrowLeft: chosen - 1, ArrowUp: chosen - 1, Home: 0, End: last };
  const actions = { n: () => begin(false), m: () => begin(true), Delete: remove };
  if (event.key in places) choose(Math.max(0, Math.min(last, places[event.key])), true);
  else if (event.key in actions) actions[event.key]();
  else return;
  event.preventDefault();
}

function save() {
  const fault = template.fields.map(findFault).find(Boolean);
  if (fault) return say(fault);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([asJson()], { type: "application/json" }));
  link.download = `${template.name.replaceAll(/[^\w-]+/g, "-")}.json`;
  link.click();
  saved = asJson();
  return say(`Saved. Then: inkdigits form read ${link.download} PICTURE… --output FILE.xlsx`);
}

sheet.boxes.addEventListener("keydown", (event) => template.fields.length && press(event));
$("field").addEventListener("input", tell);
$("known").addEventListener("submit", (event) => event.preventDefault());
$("title").addEventListener("input", ({ target }) => (template.name = target.value.trim() || "form"));
$("rules").addEventListener("input", ({ target }) => (template.rules = target.value.split("\n").map((rule) => rule.trim()).filter(Boolean)));
$("add").addEventListener("click", () => begin(false));
$("move").addEventListener("click", () => begin(true));
$("remove").addEventListener("click", remove);
$("save").addEventListener("click", save);
addEventListener("beforeunload", (event) => {
  if (asJson() !== saved) event.preventDefault();
});
