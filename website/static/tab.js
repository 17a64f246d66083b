// The page that reads one digit, drawn or in a picture, by a worker of its own. Nothing is sent anywhere.

const MAX_BYTES = 64 * 2 ** 20, MAX_PIXELS = 24_000_000;  // of a picture; a telephone's camera has fewer
const find = (name) => document.getElementById(name);
const pad = find("ink"), state = find("tab-state"), pen = pad.getContext("2d", { willReadFrequently: true });
const worker = new Worker(new URL("../tab/worker.js", import.meta.url));
let asked = 0, timer;

worker.onmessage = ({ data }) => {
  if (data.error) fail(data.error);
  else if (data.ready) {
    state.dataset.readySeconds = data.ready / 1000;
    say("Ready: draw a digit, or drop a picture of one.");
  }
  else if (data.id === asked) show(data.digit, data.milliseconds);
};
worker.onerror = () => fail("This page could not be loaded whole; open it once with a network.");

function say(text) {
  state.textContent = text;
}

function fail(text) {
  say(text);
  state.dataset.failed = text;
}

function read({ data, width, height }) {
  asked += 1;
  worker.postMessage({ pixels: new Uint8Array(data.buffer), width, height, id: asked });
}

function show(digit, milliseconds) {
  find("tab-text").textContent = `${digit.text}  (${digit.digit}: ${percent(digit.confidence)}; a digit at all: ${percent(digit.digitness)})`;
  find("tab-text").dataset.digit = digit.digit;
  find("tab-glyph").src = drawGlyph(digit.glyph);
  find("tab-glyph").hidden = find("tab-bars").hidden = false;
  find("tab-bars").tBodies[0].replaceChildren(...digit.probabilities.map((probability, which) => {
    const row = document.createElement("tr");
    row.innerHTML = `<th scope="row">${which}</th><td><span class="tab-bar" style="width: ${10 * probability}rem"></span> ${percent(probability)}</td>`;
    return row;
  }));
  document.dispatchEvent(new CustomEvent("inkdigits:read", { detail: { ...digit, glyph: [...digit.glyph], milliseconds } }));
  say(digit.text === "?" ? "Not sure enough: a ? rather than a guess." : `Read in ${Math.round(milliseconds)} ms.`);
}

const percent = (probability) => `${(100 * probability).toFixed(1)} %`;

function drawGlyph(glyph) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
  const rgba = new ImageData(28, 28);
  glyph.forEach((value, at) => rgba.data.set([value, value, value, 255], 4 * at));
  canvas.getContext("2d").putImageData(rgba, 0, 0);
  return canvas.toDataURL();
}

// --- drawing

function clear() {
  pen.fillStyle = "white";
  pen.fillRect(0, 0, pad.width, pad.height);
  asked += 1;  // what is being read is of no interest any more
  find("tab-text").textContent = "";
  find("tab-glyph").hidden = find("tab-bars").hidden = true;
}

function trace(event) {
  const box = pad.getBoundingClientRect(), scale = pad.width / box.width;
  pen.lineTo((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
  pen.stroke();
}

pad.addEventListener("pointerdown", (event) => {
  pad.setPointerCapture(event.pointerId);
  Object.assign(pen, { lineWidth: 18, lineCap: "round", lineJoin: "round", strokeStyle: "black" });
  pen.beginPath();
  trace(event);
  trace(event);
  clearTimeout(timer);
});
pad.addEventListener("pointermove", (event) => event.buttons && trace(event));
pad.addEventListener("pointerup", () => {
  timer = setTimeout(() => read(pen.getImageData(0, 0, pad.width, pad.height)), 300);
});
find("tab-clear").addEventListener("click", clear);

// --- pictures

async function readPicture(file) {
  try {
    if (file.size > MAX_BYTES) throw new Error("The picture has more than 64 MB; make it smaller.");
    const image = await createImageBitmap(file, { colorSpaceConversion: "none" });
    if (image.width * image.height > MAX_PIXELS) throw new Error("The picture has more than 24 million pixels; make it smaller.");
    const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const side = Math.min(pad.width / image.width, pad.height / image.height);
    clear();
    pen.drawImage(image, (pad.width - side * image.width) / 2, (pad.height - side * image.height) / 2, side * image.width, side * image.height);
    read(context.getImageData(0, 0, image.width, image.height));
  } catch (error) {
    say(error.name === "InvalidStateError" ? "This file is no picture that the browser can open; choose another." : error.message);
  }
}

find("tab-file").addEventListener("change", ({ target }) => target.files[0] && readPicture(target.files[0]));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) readPicture(event.dataTransfer.files[0]);
});

clear();
