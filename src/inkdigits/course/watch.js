// What watch.py shows: frames of work that goes on while it is in view, or has been scrolled past; afterwards a slider
// goes back and forth in them.

function render({ model, el }) {
  const frames = [];
  const image = Object.assign(new Image(), { alt: "how it is learning" });
  const words = document.createElement("p");
  const rewind = document.createElement("input");
  let isNear = false;
  let isAsked = false; // for a piece of work that has not been done yet

  function ask() {
    if (isAsked || !isNear || model.get("done")) return;
    isAsked = true;
    model.send("go on");
  }

  async function show(frame) {
    image.hidden = !frame;
    if (!frame) return;
    const next = Object.assign(new Image(), { src: `data:image/svg+xml,${encodeURIComponent(frame)}` });
    await next.decode().catch(() => {}); // or the image would be empty for a moment
    image.src = next.src;
  }

  async function follow() {
    if (model.get("frame")) frames.push(model.get("frame"));
    else frames.length = 0; // nothing is left to be seen
    words.textContent = model.get("words");
    await show(frames.at(-1));
    isAsked = false;
    finish();
    ask();
  }

  function finish() {
    if (!model.get("done")) return;
    if (!model.get("seen")) {
      model.set("seen", true); // which runs the cells that wait for the end
      model.save_changes();
    }
    Object.assign(rewind, { max: frames.length - 1, value: frames.length - 1, hidden: frames.length < 2 });
  }

  Object.assign(image.style, { maxWidth: "100%", display: "block" });
  Object.assign(rewind, { type: "range", min: 0, hidden: true });
  Object.assign(rewind.style, { width: "min(100%, 22rem)" });
  rewind.setAttribute("aria-label", "back and forth in how it learnt");
  rewind.addEventListener("input", () => show(frames[rewind.value]));
  words.setAttribute("role", "status");
  image.hidden = true;
  el.style.minHeight = "3rem";
  el.append(image, rewind, words);

  // The margin reaches far above the window: whoever jumps to the end of a lesson waits for all that is on the way.
  const observer = new IntersectionObserver((entries) => {
    isNear = entries.at(-1).isIntersecting;
    ask();
  }, { rootMargin: "1000000px 0px 0px 0px" });
  if (model.get("frame")) frames.push(model.get("frame"));
  show(frames.at(-1));
  model.on("change:pieces", follow);
  observer.observe(el);
  return () => {
    observer.disconnect();
    model.off("change:pieces", follow);
  };
}

export default { render };
