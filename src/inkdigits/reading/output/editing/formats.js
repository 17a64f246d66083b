// Readings, corrected or not, as text, CSV and lines of JSON: as `inkdigits read` writes them, with what was corrected.

const COLUMNS = ["file", "page", "line", "number", "text", "confidence", "accepted", "fits", "row", "column",
  "x", "y", "width", "height", "kind", "value", "corrected", "original"];

/** One text line per line, pages one below the other. */
export function asText(readings) {
  return readings.map(({ text }) => text).filter(Boolean).join("\n");
}

/** A row per number; a page without numbers has one with nothing but its file and page. */
export function asCsv(readings) {
  return [COLUMNS, ...readings.flatMap(rowsOf)].map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

/** One page a line. */
export function asJsonLines(readings) {
  const plain = (name, value) => (name === "glyph" ? undefined : value);
  return readings.map((reading) => `${JSON.stringify(reading, plain)}\n`).join("");
}

function rowsOf({ file, page, lines }) {
  const rows = lines.flatMap(({ numbers }, line) => numbers.map((each, number) => [file, page, line + 1, number + 1, ...valuesOf(each)]));
  return rows.length ? rows : [[file, page, ...Array(COLUMNS.length - 2).fill("")]];
}

function valuesOf({ text, confidence, accepted, fits, row, column, box, kind, value, corrected, original }) {
  const sure = Number.isInteger(confidence) ? confidence.toFixed(1) : confidence; // as Python writes it
  return [text, sure, accepted, fits ?? "", row ?? "", column ?? "", ...box, kind ?? "", value ?? "", corrected, original.map((each) => each.text).join(" ")];
}

function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
