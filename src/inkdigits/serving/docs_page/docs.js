// Tries calls of the API: a form's fields → a request, and what was answered.

const LONGEST_TEXT = 100; // characters of a picture in an answer that are shown as text
const LONGEST_ANSWER = 200_000; // characters that are shown
const MOST_PICTURES = 60;

for (const form of document.querySelectorAll("form[data-path]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form).catch((error) => show(form, paragraph(`No answer came: ${error.message}`)));
  });
}

async function send(form) {
  const { method, path } = form.dataset;
  const address = fill(path, form);
  const headers = {};
  const token = document.getElementById("token")?.value;
  if (token) headers.Authorization = `Bearer ${token}`;
  const pictures = form.querySelector("input[type=file]");
  const body = pictures ? formOf(pictures) : undefined;
  show(form, paragraph("Waiting for the answer …"));
  const begin = performance.now();
  const answer = await fetch(address, { method, headers, body });
  const content = await answer.blob();
  const milliseconds = Math.round(performance.now() - begin);
  const status = `${answer.status} ${answer.statusText}, ${milliseconds} ms, ${content.size.toLocaleString("en")} bytes`;
  show(form, preformatted(curl(method, address, Boolean(token), pictures)), paragraph(status), ...(await contentOf(content)));
  const job = answer.headers.get("Location")?.match(/^\/v1\/jobs\/(\w+)$/);
  if (job) for (const field of document.querySelectorAll("[data-in=path][name=id]")) field.value = job[1];
}

/** The path with the form's values: those within it, then the query. */
function fill(path, form) {
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    else if (field.value !== "") query.set(field.name, field.value);
  }
  return query.size ? `${path}?${query}` : path;
}

function formOf(pictures) {
  const form = new FormData();
  for (const file of pictures.files) form.append("file", file, file.name);
  return form;
}

/** The same call for a shell. */
function curl(method, address, token, pictures) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const words = ["curl", ...(method === "GET" || pictures ? [] : ["-X", method])];
  if (token) words.push("-H", '"Authorization: Bearer $INKDIGITS_TOKEN"');
  for (const file of pictures?.files ?? []) words.push("-F", quote(`file=@${file.name}`));
  return [...words, quote(new URL(address, location.href).href)].join(" ");
}

/** What to show of an answer: text, JSON with its pictures, or a link to what is neither. */
async function contentOf(content) {
  if (content.type.includes("json") && !content.type.includes("jsonl")) {
    const pictures = [];
    const shorten = (_, value) => {
      if (typeof value !== "string" || !value.startsWith("data:image/")) return value;
      pictures.push(value);
      return `${value.slice(0, LONGEST_TEXT)} …`;
    };
    const text = JSON.stringify(JSON.parse(await content.text()), shorten, 1);
    const lists = /\[\s+(-?[\d.e-]+(?:,\s+-?[\d.e-]+)*)\s+\]/g; // of numbers: boxes and candidates on a line each
    return [preformatted(text.replace(lists, (list) => list.replace(/\s+/g, " "))), ...pictures.slice(0, MOST_PICTURES).map(picture)];
  }
  if (content.type.startsWith("text/") || content.type.includes("jsonl")) return [preformatted(await content.text())];
  return [download(content)];
}

function show(form, ...elements) {
  form.parentElement.querySelector(".answer").replaceChildren(...elements);
}

function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}

function preformatted(text) {
  const cut = text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER)}\n…` : text;
  return Object.assign(document.createElement("pre"), { textContent: cut, tabIndex: 0 }); // it scrolls by keyboard too
}

function picture(address) {
  return Object.assign(document.createElement("img"), { src: address, alt: "a picture of the answer" });
}

function download(content) {
  const link = document.createElement("a");
  return Object.assign(link, { href: URL.createObjectURL(content), download: "answer", textContent: "Save the answer" });
}
