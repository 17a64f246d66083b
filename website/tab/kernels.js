// The loops over pixels that python/numpy.js asks for. An array is its values, a typed array, and its shape, a list.

const TYPES = {
  bool: Uint8Array, uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array, float32: Float32Array,
  float64: Float64Array,
};

const OPERATIONS = {
  add: "x + y", subtract: "x - y", multiply: "x * y", divide: "x / y", floor_divide: "Math.floor(x / y)", power: "x ** y",
  minimum: "y < x ? y : x", maximum: "y > x ? y : x",
  less: "x < y", less_equal: "x <= y", greater: "x > y", greater_equal: "x >= y", equal: "x === y", not_equal: "x !== y",
  and: "x & y", or: "x | y", not: "1 - x", negative: "-x", absolute: "Math.abs(x)", exp: "Math.exp(x)", tanh: "Math.tanh(x)",
  truth: "x !== 0",
  round: "Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)",  // half to even, as Python and numpy round
};

const REDUCTIONS = {  // how a value y joins the result so far, and from what that starts; without a start, from the first value
  sum: [OPERATIONS.add, 0], max: [OPERATIONS.maximum], min: [OPERATIONS.minimum],
  any: ["x | (y !== 0)", 0], all: ["x & (y !== 0)", 1],
};

const count = (shape) => shape.reduce((product, side) => product * side, 1);

const loops = new Map();

// The function with this code, one of its own for every combination of types: a loop that meets several types is many
// times slower. Of the same code the engine would make one, so the types stand in it.
function findLoop(parameters, code, ...arrays) {
  const key = `${code} // ${arrays.map((each) => each.constructor.name)}`;
  let loop = loops.get(key);
  if (!loop) loops.set(key, loop = new Function(...parameters, key));
  return loop;
}

const kernels = {
  make: (type, size) => new TYPES[type](size),

  convert: (type, values) => new TYPES[type](values),

  // Two arrays, either of which may be a number, brought to one shape; an operation on one of them ignores the other.
  combine(operation, type, left, leftShape, right, rightShape, shape) {
    const [x, y] = [left, right].map((each) => (typeof each === "number" ? [each] : each));
    const result = new TYPES[type](count(shape));
    if ([x, y].every((each) => each.length === result.length || each.length === 1)) {  // by far the most frequent
      const [takeX, takeY] = [x, y].map((each) => (each.length === 1 ? 0 : "at"));
      findLoop(["result", "left", "right"], `
        for (let at = 0; at < result.length; at++) {
          const x = left[${takeX}], y = right[${takeY}];
          result[at] = ${OPERATIONS[operation]};
        }
      `, result, x, y)(result, x, y);
      return result;
    }
    const [xSteps, ySteps] = [leftShape, rightShape].map((own) => findSteps(padShape(own)));
    findLoop(["result", "sides", "left", "xSteps", "right", "ySteps"], `
      const [outer, middle, inner] = sides, [xOuter, xMiddle, xStep] = xSteps, [yOuter, yMiddle, yStep] = ySteps;
      for (let row = 0, at = 0; row < outer; row++) for (let column = 0; column < middle; column++) {
        let xAt = row * xOuter + column * xMiddle, yAt = row * yOuter + column * yMiddle;
        for (const end = at + inner; at < end; at++, xAt += xStep, yAt += yStep) {
          const x = left[xAt], y = right[yAt];
          result[at] = ${OPERATIONS[operation]};
        }
      }`, result, x, y)(result, padShape(shape), x, xSteps, y, ySteps);
    return result;
  },

  // Along the middle of three sides; `begin` is the reduction's own unless it is given.
  reduce(operation, type, values, sides, begin = REDUCTIONS[operation][1]) {
    const [outer, , inner] = sides, result = new TYPES[type](outer * inner);
    findLoop(["result", "values", "sides", "begin"], `
      const [outer, middle, inner] = sides;
      for (let row = 0; row < outer; row++) for (let column = 0; column < inner; column++) {
        let at = row * middle * inner + column, left = middle, x = begin;
        if (x === undefined) { x = values[at]; at += inner; left--; }
        for (; left > 0; left--, at += inner) { const y = values[at]; x = ${REDUCTIONS[operation][0]}; }
        result[row * inner + column] = x;
      }`, result, values)(result, values, sides, begin);
    return result;
  },

  slice(values, shape, starts, stops) {
    const result = new values.constructor(count(starts.map((start, axis) => stops[axis] - start)));
    visitBlocks(shape, starts, stops, (from, step, to, rows, length) => {
      copyRows(values, from, step, result, to, length, rows, length);
    });
    return result;
  },

  // Write a number, or as many values as there are places, into a slice.
  write(values, shape, starts, stops, written) {
    const source = typeof written === "number" ? kernels.slice(values, shape, starts, stops).fill(written) : written;
    visitBlocks(shape, starts, stops, (to, step, from, rows, length) => {
      copyRows(source, from, length, values, to, step, rows, length);
    });
  },

  select(values, mask) {
    const result = new values.constructor(values.length);
    const size = findLoop(["result", "values", "mask"], `
      let size = 0;
      for (let at = 0; at < values.length; at++) if (mask[at]) result[size++] = values[at];
      return size;
    `, values)(result, values, mask);
    return result.slice(0, size);
  },

  // Rows of `size` values each.
  take(values, indices, size) {
    const result = new values.constructor(indices.length * size);
    findLoop(["result", "values", "indices", "size"], `
      for (let row = 0, to = 0; row < indices.length; row++) {
        for (let from = indices[row] * size, end = from + size; from < end; from++, to++) result[to] = values[from];
      }
    `, values, indices)(result, values, indices, size);
    return result;
  },

  findNonzero(values) {
    const result = new Int32Array(values.length);
    let size = 0;
    for (let at = 0; at < values.length; at++) if (values[at]) result[size++] = at;
    return result.slice(0, size);
  },

  // The values in another order: at each of the places, which ascend, what would be there if all were sorted.
  partition(values, places) {
    const result = values.slice(), least = { Uint8Array: 0, Int16Array: -(2 ** 15) }[values.constructor.name];
    if (least === undefined) places.forEach((place, which) => placeInOrder(result, which ? places[which - 1] + 1 : 0, place));
    else {  // so few values that all are sorted by counting them
      const counts = new Int32Array(2 ** (8 * values.BYTES_PER_ELEMENT));
      for (let at = 0; at < values.length; at++) counts[values[at] - least]++;
      for (let which = 0, at = 0; which < counts.length; at += counts[which], which++) {
        if (counts[which]) result.fill(which + least, at, at + counts[which]);
      }
    }
    return result;
  },

  rank: (values) => Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b]),

  accumulate(values) {
    let total = 0;
    return values.map((value) => (total += value));
  },

  join(type, parts) {
    const result = new TYPES[type](parts.reduce((total, part) => total + part.length, 0));
    let at = 0;
    for (const part of parts) { result.set(part, at); at += part.length; }
    return result;
  },
};

function padShape(shape) {
  if (shape.length > 3) throw new RangeError("arrays of more than three sides are only combined with their like");
  return [...Array(3 - shape.length).fill(1), ...shape];
}

// How far the next value lies along every side; a side of 1 is repeated.
const findSteps = (sides) => sides.map((side, axis) => (side === 1 ? 0 : count(sides.slice(axis + 1))));

// Short rows are copied column by column: the inner loop is the longer one.
function copyRows(source, from, fromStep, target, to, toStep, rows, length) {
  const [outer, fromOuter, toOuter, inner, fromInner, toInner] = (
    length < 8 ? [length, 1, 1, rows, fromStep, toStep] : [rows, fromStep, toStep, length, 1, 1]
  );
  findLoop(["source", "from", "fromOuter", "fromInner", "target", "to", "toOuter", "toInner", "outer", "inner"], `
    for (; outer > 0; outer--, from += fromOuter, to += toOuter) {
      for (let left = inner, at = from, there = to; left > 0; left--, at += fromInner, there += toInner) {
        target[there] = source[at];
      }
    }
  `, source, target)(source, from, fromOuter, fromInner, target, to, toOuter, toInner, outer, inner);
}

// The rows of a slice, as many together as are equally far apart: where the first begins in the whole, how far the next
// is, where it begins in the slice, how many there are, and their length.
function visitBlocks(shape, starts, stops, handle) {
  const sides = [[1, 0, 1], [1, 0, 1]];  // how long each is, from where to where it is taken; a whole one is one with that before
  shape.forEach((side, axis) => {
    if (starts[axis] === 0 && stops[axis] === side) sides.push(sides.pop().map((each) => each * side));
    else sides.push([side, starts[axis], stops[axis]]);
  });
  const [[rowSide, firstRow, lastRow], [step, start, stop]] = sides.splice(-2), rows = lastRow - firstRow, length = stop - start;
  let done = 0;
  (function descend(axis, offset) {
    if (axis === sides.length) {
      handle((offset * rowSide + firstRow) * step + start, step, done, rows, length);
      done += rows * length;
    } else {
      const [side, first, end] = sides[axis];
      for (let place = first; place < end; place++) descend(axis + 1, offset * side + place);
    }
  })(0, 0);
}

// Hoare's selection, in the values from `low` on: what belongs to `place` comes there, what is less before it.
function placeInOrder(values, low, place) {
  for (let high = values.length - 1; low < high;) {
    const pivot = values[place];
    let left = low, right = high;
    while (left <= right) {
      while (values[left] < pivot) left++;
      while (pivot < values[right]) right--;
      if (left <= right) {
        const value = values[left];
        values[left++] = values[right];
        values[right--] = value;
      }
    }
    if (right < place) low = left;
    if (place < left) high = right;
  }
}

globalThis.kernels = kernels;
