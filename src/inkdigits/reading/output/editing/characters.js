// Numbers and lines of a reading, as JSON has them, taken apart into characters and put together again.
//
// A character is a digit, or a sign between digits: {text, box, …}. What is made here is new; nothing given is changed.

const REFUSED = "?";
export const DELETED = "deleted"; // why a number is rejected that a person took away

export const isDigit = (character) => "digit" in character;

/** A number's characters from left to right: its digits, and its signs before the digits that they stand before. */
export function characters({ digits, signs = [] }) {
  const before = (place) => signs.filter((sign) => sign.before === place);
  return [...digits.flatMap((digit, place) => [...before(place), digit]), ...before(digits.length)];
}

/** The number with other characters, of which one at least is a digit; `original` is what was read in its place. */
export function withCharacters(number, all, original = originalOf(number)) {
  const digits = all.filter(isDigit);
  const place = (at) => all.slice(0, at).filter(isDigit).length;
  const signs = all.flatMap((each, at) => (isDigit(each) ? [] : [{ ...each, before: place(at) }]));
  const separators = signs.filter(({ text }) => ".,'".includes(text)).map(({ before }) => before);
  const same = digits.length === number.digits.length;
  const sure = digits.reduce((product, { confidence, digitness }) => product * confidence * digitness, 1);
  return {
    ...number,
    text: all.map(({ text }) => text).join(""),
    confidence: rounded(sure),
    accepted: digits.every(({ accepted }) => accepted),
    fits: null, // of a form that is not known here
    rejected: null,
    box: around(digits),
    ...("signs" in number ? { gaps: [...new Set(separators)], signs } : { gaps: same ? number.gaps : [] }),
    ...("value" in number ? { kind: null, value: null } : {}),
    digits,
    corrected: true,
    original,
  };
}

/** What was read where this number is now: numbers. */
export function originalOf(number) {
  return number.corrected ? number.original : [number];
}

/** The number, taken away: it stays in the reading, as one that is not to be read. */
export function deleted(number) {
  return { ...number, text: "", rejected: DELETED, corrected: true, original: originalOf(number) };
}

/** A character that a person says is `text`. What the networks thought of a digit, its candidates, stays. */
export function corrected(character, text) {
  if (text === REFUSED) return { ...character, text, accepted: false };
  return { ...character, text, digit: Number(text), confidence: 1, digitness: 1, accepted: true };
}

/** What was read where a character of a number stands now, if anything. */
export function readAs({ original }, { box }) {
  return original.flatMap(characters).find((each) => String(each.box) === String(box));
}

/** The digits of a reading that a person put right: those that were refused, or read as another. */
export function digitsPutRight({ lines }) {
  const numbers = lines.flatMap((line) => line.numbers).filter(({ rejected }) => !rejected);
  return numbers.flatMap((number) => number.digits.filter((digit) => {
    const read = readAs(number, digit);
    return digit.accepted && read !== undefined && read.text !== digit.text;
  }));
}

/** Whether a number of this reading may have this character. Readings without signs know digits only. */
export function isAllowed(number, text) {
  return /^[0-9?]$/.test(text) || ("signs" in number && /^[-.,':+/=×÷%()#^ ]$/.test(text));
}

/** The characters of a number that was typed over. Those that stay at both ends keep their boxes, and where as many
 *  were put in between as taken out, those too; else they share the room. */
export function retyped(old, text) {
  const typed = [...text];
  const least = Math.min(old.length, typed.length);
  let start = 0;
  while (start < least && old[start].text === typed[start]) start++;
  let end = 0;
  while (end < least - start && old.at(-1 - end).text === typed.at(-1 - end)) end++;
  const gone = old.slice(start, old.length - end);
  const put = typed.slice(start, typed.length - end);
  const [x, y, width, height] = room(old, start, end);
  const made = put.map((each, place) => {
    const kept = gone.length === put.length && isDigit(gone[place]) && /[0-9?]/.test(each);
    if (kept) return corrected(gone[place], each);
    const left = x + Math.floor((place * width) / put.length);
    const right = x + Math.floor(((place + 1) * width) / put.length);
    return fresh(each, [left, y, Math.max(1, right - left), height]);
  });
  const sure = (each) => (isDigit(each) ? corrected(each, each.text) : each);
  return [...old.slice(0, start).map(sure), ...made, ...(end ? old.slice(-end).map(sure) : [])];
}

/** Where the characters between the first `start` and the last `end` of `old` stand, or would: a box. */
function room(old, start, end) {
  const gone = old.slice(start, old.length - end);
  if (gone.length) return around(gone);
  const [left, right] = [old[start - 1]?.box, old[start]?.box];
  const [x, y, width, height] = left ?? right;
  if (left && right) return [x + Math.floor(width / 2), y, Math.max(2, right[0] + Math.floor(right[2] / 2) - x - Math.floor(width / 2)), height];
  return [Math.max(0, left ? x + width : x - width), y, width, height];
}

function fresh(text, box) {
  if (!/[0-9?]/.test(text)) return { text, before: 0, confidence: 1, box };
  const sure = text === REFUSED ? 0 : 1;
  const digit = { text, digit: Number(text) || 0, confidence: sure, digitness: sure, accepted: sure === 1 };
  return { ...digit, box, candidates: [] };
}

/** A number of one refused digit, where nothing was read. `signs` says whether the reading knows signs. */
export function unread(box, signs) {
  const digit = fresh(REFUSED, box);
  const number = { confidence: 0, fits: null, row: null, column: null, gaps: [], digits: [digit] };
  return withCharacters({ ...number, ...(signs ? { signs: [], value: null } : {}) }, [digit], []);
}

/** The numbers of a line that are not rejected, each with its `place` and what stands `between` it and the one before,
 * signs or a space; at last what stands behind them all, without a number. */
export function shownNumbers({ numbers, signs = [] }) {
  const before = (place) => signs.filter((sign) => sign.before === place).map(({ text }) => text).join("");
  const [shown, gap] = [[], []];
  for (const [place, number] of numbers.entries()) {
    gap.push(before(place) || " ");
    if (!number.rejected) shown.push({ between: gap.splice(0).join("").replace(/ +/g, shown.length ? " " : ""), number, place });
  }
  return [...shown, { between: [...gap, before(numbers.length)].join("").replace(/ +/g, " ").trimEnd() }];
}

/** The text of a line: numbers parted by its signs, or spaces, without those that are rejected. */
function textOf(line) {
  const shown = shownNumbers(line);
  return shown.length > 1 ? shown.map(({ between, number }) => between + (number?.text ?? "")).join("") : "";
}

/** The line with `made` in place of `count` numbers from `start` on; its signs stay where they are. */
export function spliced(line, start, count, made) {
  const moved = (place) => (place <= start ? place : Math.max(start, place - count) + (place >= start + count ? made.length : 0));
  const signs = (line.signs ?? []).map((sign) => ({ ...sign, before: moved(sign.before) }));
  return { ...line, numbers: line.numbers.toSpliced(start, count, ...made), ...("signs" in line ? { signs } : {}) };
}

/** The reading with other lines: those that have no number are left out, texts and boxes made anew. */
export function withLines(reading, lines) {
  const kept = lines.filter(({ numbers }) => numbers.length);
  const told = kept.map((line) => ({ ...line, text: textOf(line), box: around(line.numbers) }));
  return { ...reading, lines: told, text: told.map(({ text }) => text).filter(Boolean).join("\n") };
}

/** The smallest box around all `parts`, each of which has one. */
export function around(parts) {
  const boxes = parts.map(({ box }) => box);
  const [x, y] = [0, 1].map((axis) => Math.min(...boxes.map((box) => box[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...boxes.map((box) => box[axis] + box[axis + 2])));
  return [x, y, right - x, bottom - y];
}

const rounded = (share) => Math.round(share * 1e4) / 1e4;
