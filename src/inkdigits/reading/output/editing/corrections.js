// Readings that a person corrects, page by page: every change can be undone. Knows nothing of what shows them.
//
// A place is {page, line, number, index}: indices of a reading, of a line, a number, and one of its characters.

import { characters, corrected, deleted, isAllowed, isDigit, originalOf, retyped, spliced, withCharacters, withLines } from "./characters.js";

/** `changed()` is called after every change. Every change gives the place that is to be looked at next. */
export class Corrections {
  constructor(changed = () => {}) {
    this.changed = changed;
    this.pages = []; // readings, as they are now; a page that is not read yet is missing
    this.past = []; // changes that can be undone: {page, before, after, from, to}
    this.future = [];
  }

  /** Another page was read. */
  put(page, reading) {
    this.pages[page] = reading;
    this.changed();
  }

  /** Forget a page, and all that was done to it. */
  drop(page) {
    delete this.pages[page];
    for (const changes of [this.past, this.future]) changes.splice(0, Infinity, ...changes.filter((each) => each.page !== page));
    this.changed();
  }

  line({ page, line }) {
    return this.pages[page]?.lines[line];
  }

  number(at) {
    return at ? this.line(at)?.numbers[at.number] : undefined;
  }

  character(at) {
    const number = this.number(at);
    return number && characters(number)[at.index];
  }

  /** The places of all characters of a page, in reading order. */
  places(page) {
    const places = (number, line, at) =>
      number.rejected ? [] : characters(number).map((_, index) => ({ page, line, number: at, index }));
    return (this.pages[page]?.lines ?? []).flatMap(({ numbers }, line) => numbers.flatMap((each, at) => places(each, line, at)));
  }

  /** The pages that were read, in their order. */
  get known() {
    return Object.keys(this.pages).map(Number);
  }

  /** The places of all digits that are refused; of every page. */
  doubtful() {
    const refused = (at) => this.character(at).accepted === false;
    return this.known.flatMap((page) => this.places(page)).filter(refused);
  }

  undo() {
    return this.#step(this.past, this.future, ({ before, from }) => [before, from]);
  }

  redo() {
    return this.#step(this.future, this.past, ({ after, to }) => [after, to]);
  }

  /** This character is `text`. */
  set(at, text) {
    const [number, all] = [this.number(at), characters(this.number(at))];
    if (!isDigit(all[at.index]) || !/^[0-9]$/.test(text)) return this.type(at, [...all.keys()].map((place) => (place === at.index ? text : all[place].text)).join(""));
    return this.#replace(at, 1, [withCharacters(number, all.with(at.index, corrected(all[at.index], text)))], at);
  }

  /** The whole number is `text`; without a digit it is none. What cannot stand in a number is left out. */
  type(at, text) {
    const number = this.number(at);
    const typed = [...text].filter((each) => isAllowed(number, each)).join("");
    if (typed === number.text) return at;
    if (!/[0-9?]/.test(typed)) return this.remove(at);
    const all = retyped(characters(number), typed);
    return this.#replace(at, 1, [withCharacters(number, all)], { ...at, index: Math.min(at.index, all.length - 1) });
  }

  /** Here another number begins. */
  split(at) {
    const [number, all] = [this.number(at), characters(this.number(at))];
    const parts = [all.slice(0, at.index), all.slice(at.index)];
    if (!parts.every((part) => part.some(isDigit))) return at;
    return this.#replace(at, 1, parts.map((part) => withCharacters(number, part)), { ...at, number: at.number + 1, index: 0 });
  }

  /** The next number of the line is the rest of this one. */
  join(at) {
    const { numbers } = this.line(at);
    const next = numbers.findIndex((each, place) => place > at.number && !each.rejected);
    if (next < 0) return at;
    const both = [numbers[at.number], numbers[next]];
    const original = [...new Map(both.flatMap(originalOf).map((each) => [JSON.stringify(each), each])).values()];
    const joined = withCharacters(both[0], both.flatMap(characters), original);
    const skipped = numbers.slice(at.number + 1, next);
    return this.#replace(at, next - at.number + 1, [joined, ...skipped], at);
  }

  /** There is no such character. */
  erase(at) {
    const [number, all] = [this.number(at), characters(this.number(at))];
    const left = all.toSpliced(at.index, 1);
    if (!left.some(isDigit)) return this.remove(at);
    return this.#replace(at, 1, [withCharacters(number, left)], { ...at, index: Math.min(at.index, left.length - 1) });
  }

  /** There is no such number. One that a person added is forgotten, one that was read is marked. */
  remove(at) {
    const number = this.number(at);
    const left = originalOf(number).length ? [deleted(number)] : [];
    const near = this.places(at.page);
    const here = near.findIndex((each) => each.line === at.line && each.number === at.number);
    const to = near[here + characters(number).length] ?? near[here - 1] ?? null;
    const emptied = !left.length && this.line(at).numbers.length === 1;
    const shift = to && !left.length && to.line === at.line && to.number > at.number ? { number: to.number - 1 } : {};
    const up = to && emptied && to.line > at.line ? { line: to.line - 1 } : {};
    return this.#replace(at, 1, left, to && { ...to, ...shift, ...up });
  }

  /** These numbers were missed: each goes into the line that it stands beside. */
  add(page, numbers, from = null) {
    let lines = this.pages[page].lines;
    const added = numbers.map((number) => ({ ...number, row: null, column: null, corrected: true, original: [] }));
    for (const number of added) lines = placed(lines, number);
    return this.#change(page, lines, from, find(lines, page, added[0]));
  }

  /** Read the number earlier or later (-1, 1), or in the line above or below. */
  move(at, along, across = 0) {
    const lines = this.pages[at.page].lines;
    const number = { ...this.number(at), corrected: true, original: originalOf(this.number(at)) };
    const rest = lines.with(at.line, spliced(lines[at.line], at.number, 1, []));
    const crossing = across || (rest[at.line].numbers[at.number + Math.min(0, along)] ? 0 : along);
    const line = at.line + crossing;
    const place = crossing ? (across ? columnOf(rest[line]?.numbers ?? [], number) : along < 0 ? rest[line]?.numbers.length : 0) : at.number + along;
    const alone = lines[at.line].numbers.length === 1;
    if (!rest[line] && (alone || !across)) return at; // there is nothing beyond
    const moved = rest[line] ? rest.with(line, spliced(rest[line], place, 0, [number])) : rest.toSpliced(Math.max(0, line), 0, lineOf(lines[at.line], number));
    return this.#change(at.page, moved, at, { ...find(moved.filter(({ numbers }) => numbers.length), at.page, number), index: at.index });
  }

  #replace(at, count, made, to) {
    const lines = this.pages[at.page].lines;
    return this.#change(at.page, lines.with(at.line, spliced(lines[at.line], at.number, count, made)), at, to);
  }

  #change(page, lines, from, to) {
    const before = this.pages[page];
    const after = withLines(before, lines);
    this.past.push({ page, before, after, from, to });
    this.future = [];
    this.pages[page] = after;
    this.changed();
    return to;
  }

  #step(from, onto, stateOf) {
    const change = from.pop();
    if (!change) return null;
    onto.push(change);
    const [reading, place] = stateOf(change);
    this.pages[change.page] = reading;
    this.changed();
    return place ?? { page: change.page };
  }
}

/** The lines with the number in the one that it stands beside, or in a new one. */
function placed(lines, number) {
  const [, y, , height] = number.box;
  const beside = lines.map(({ box }) => Math.min(y + height, box[1] + box[3]) - Math.max(y, box[1]));
  const most = Math.max(...beside, 0);
  const line = beside.indexOf(most);
  if (lines.length && most > 0.4 * Math.min(height, lines[line].box[3]))
    return lines.with(line, spliced(lines[line], columnOf(lines[line].numbers, number), 0, [number]));
  const below = lines.findIndex(({ box }) => middle(box, 1) > middle(number.box, 1));
  return lines.toSpliced(below < 0 ? lines.length : below, 0, lineOf(lines[0], number));
}

const middle = (box, axis) => box[axis] + box[axis + 2] / 2;
const columnOf = (numbers, number) => numbers.filter(({ box }) => middle(box, 0) < middle(number.box, 0)).length;

/** A new line, of a kind with another. */
function lineOf(line, number) {
  return { text: "", box: number.box, numbers: [number], ...(line && "signs" in line ? { signs: [], checked: null } : {}) };
}

function find(lines, page, number) {
  const line = lines.findIndex(({ numbers }) => numbers.includes(number));
  return { page, line, number: lines[line].numbers.indexOf(number), index: 0 };
}
