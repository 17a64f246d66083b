// Pictures come in: dropped anywhere, pasted anywhere, chosen, photographed.

/** `taken(files)` is called with pictures; `zone` shows where they would fall. */
export function takePictures({ zone, inputs, taken }) {
  for (const input of inputs) {
    input.addEventListener("change", () => {
      if (input.files.length) taken([...input.files]);
      input.value = ""; // the same file may be chosen again
    });
  }
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) taken([...event.clipboardData.files]);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.toggleAttribute("data-over", event.dataTransfer.types.includes("Files"));
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.removeAttribute("data-over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault(); // the browser would go to the picture
    zone.removeAttribute("data-over");
    if (event.dataTransfer.files.length) taken([...event.dataTransfer.files]);
  });
}

/** Hand a blob to the person as a file. */
export function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Put words on the clipboard, also where the newer way is barred because the address is not https. */
export async function copy(words) {
  if (navigator.clipboard) return navigator.clipboard.writeText(words);
  const area = Object.assign(document.createElement("textarea"), { value: words, className: "unseen" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** A data URL's content as a blob. */
export function blobOf(url) {
  const [head, data] = url.split(",");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}
