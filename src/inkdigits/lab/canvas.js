// A canvas to draw on, for Canvas in canvas.py. Drawn with mouse, pen or finger; strokes go to Python when it is lifted.
const FARTHEST = 60; // the thickest pen

function render({ model, el }) {
  const [breadth, height] = [model.get("width"), model.get("height")];
  const canvas = document.createElement("canvas");
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [breadth * ratio, height * ratio];
  Object.assign(canvas.style, {
    width: `${breadth}px`, maxWidth: "100%", aspectRatio: `${breadth} / ${height}`, background: "#ffffff", border: "1px solid #8b93a1", borderRadius: "6px",
    cursor: "crosshair", touchAction: "none", display: "block",
  });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", breadth > height ? "Canvas: write a number here" : "Canvas: draw a digit here");
  const pen = canvas.getContext("2d");
  let current = null; // the stroke that is being drawn

  function draw() {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, breadth, height);
    Object.assign(pen, { lineWidth: model.get("pen"), lineCap: "round", lineJoin: "round", strokeStyle: "#111111" });
    for (const stroke of [...model.get("strokes"), ...(current ? [current] : [])]) {
      pen.beginPath();
      pen.moveTo(stroke[0], stroke[1]);
      for (let i = 0; i < stroke.length; i += 2) pen.lineTo(stroke[i] + 0.01, stroke[i + 1]);
      pen.stroke();
    }
  }

  function tell(strokes) {
    model.set("strokes", strokes);
    model.save_changes();
  }

  function point(event) {
    const box = canvas.getBoundingClientRect();
    const scale = breadth / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale].map((v) => Math.round(v * 10) / 10);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    current = point(event);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) current.push(...point(each));
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (!current) return;
      const strokes = [...model.get("strokes"), current];
      current = null;
      tell(strokes);
    });
  }

  function button(words, does) {
    const made = document.createElement("button");
    made.textContent = words;
    made.type = "button";
    Object.assign(made.style, {
      font: "inherit", padding: "2px 12px", border: "1px solid #8b93a1", borderRadius: "6px", background: "transparent",
      color: "inherit", cursor: "pointer",
    });
    made.addEventListener("click", does);
    return made;
  }

  const width = document.createElement("input");
  Object.assign(width, { type: "range", min: 1, max: FARTHEST, value: model.get("pen") });
  width.style.width = "90px";
  width.setAttribute("aria-label", "width of the pen");
  width.addEventListener("input", () => { model.set("pen", Number(width.value)); draw(); });
  width.addEventListener("change", () => model.save_changes());

  const row = document.createElement("div");
  Object.assign(row.style, { display: "flex", gap: "8px", alignItems: "center", margin: "8px 0", font: "14px sans-serif" });
  row.append(
    button("Clear", () => tell([])),
    button("Undo", () => tell(model.get("strokes").slice(0, -1))),
    "pen", width,
  );
  el.append(canvas, row);
  model.on("change:strokes", draw);
  model.on("change:pen", () => { width.value = model.get("pen"); draw(); });
  draw();
}

export default { render };
