// The loops over pixels that python/numpy.py asks for. An array is its values, a typed array, and its shape, a list.

const TYPES = {
  bool: Uint8Array, uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
};

// Half to even, as Python and numpy round.
const round = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

const OPERATIONS = {
  add: (x, y) => x + y, subtract: (x, y) => x - y, multiply: (x, y) => x * y, divide: (x, y) => x / y,
  floor_divide: (x, y) => Math.floor(x / y), power: (x, y) => x ** y,
  minimum: (x, y) => (y < x ? y : x), maximum: (x, y) => (y > x ? y : x),
  less: (x, y) => x < y, less_equal: (x, y) => x <= y, greater: (x, y) => x > y, greater_equal: (x, y) => x >= y,
  equal: (x, y) => x === y, not_equal: (x, y) => x !== y, and: (x, y) => x & y, or: (x, y) => x | y,
  convert: (x) => x, truth: (x) => x !== 0, not: (x) => 1 - x, negative: (x) => -x, absolute: Math.abs, round,
  exp: Math.exp, tanh: Math.tanh,
};

const REDUCTIONS = {  // how two values become one, and from what it starts; without a start, from the first value
  sum: [OPERATIONS.add, 0], max: [OPERATIONS.maximum], min: [OPERATIONS.minimum], any: [OPERATIONS.or, 0], all: [OPERATIONS.and, 1],
};

const count = (shape) => shape.reduce((product, side) => product * side, 1);

const kernels = {
  make: (type, size) => new TYPES[type](size),

  from: (type, values) => TYPES[type].from(values),

  map(operation, type, values) {
    if (operation === "convert") return new TYPES[type](values);
    const change = OPERATIONS[operation], result = new TYPES[type](values.length);
    for (let at = 0; at < values.length; at++) result[at] = change(values[at]);
    return result;
  },

  // Two arrays, either of which may be a number, brought to one shape.
  combine(operation, type, left, leftShape, right, rightShape, shape) {
    const combineTwo = OPERATIONS[operation], size = count(shape), result = new TYPES[type](size);
    if (typeof right === "number" && left.length === size) {  // by far the most frequent
      for (let at = 0; at < size; at++) result[at] = combineTwo(left[at], right);
      return result;
    }
    const leftAt = locate(left, leftShape, shape), rightAt = locate(right, rightShape, shape);
    for (let at = 0; at < size; at++) result[at] = combineTwo(leftAt(at), rightAt(at));
    return result;
  },

  // Along the middle of three sides; `begin` is the reduction's own unless it is given.
  reduce(operation, type, values, [outer, middle, inner], begin = REDUCTIONS[operation][1]) {
    const [combineTwo] = REDUCTIONS[operation], result = new TYPES[type](outer * inner);
    for (let row = 0; row < outer; row++) {
      for (let column = 0; column < inner; column++) {
        let at = row * middle * inner + column, left = middle, value = begin;
        if (value === undefined) { value = values[at]; at += inner; left--; }
        for (; left > 0; left--, at += inner) value = combineTwo(value, values[at]);
        result[row * inner + column] = value;
      }
    }
    return result;
  },

  slice(values, shape, starts, stops) {
    const result = new values.constructor(count(starts.map((start, axis) => stops[axis] - start)));
    visit(shape, starts, stops, (from, to, length) => result.set(values.subarray(from, from + length), to));
    return result;
  },

  // Write a number, or as many values as there are places, into a slice.
  write(values, shape, starts, stops, written) {
    visit(shape, starts, stops, (to, from, length) => {
      if (typeof written === "number") values.fill(written, to, to + length);
      else values.set(written.subarray(from, from + length), to);
    });
  },

  select(values, mask) {
    const result = new values.constructor(values.length);
    let size = 0;
    for (let at = 0; at < values.length; at++) if (mask[at]) result[size++] = values[at];
    return result.slice(0, size);
  },

  // Rows of `size` values each.
  take(values, indices, size) {
    const result = new values.constructor(indices.length * size);
    if (size === 1) for (let at = 0; at < indices.length; at++) result[at] = values[indices[at]];
    else indices.forEach((index, at) => result.set(values.subarray(index * size, (index + 1) * size), at * size));
    return result;
  },

  findNonzero: (values) => kernels.select(Int32Array.from(values.keys()), values),

  sort: (values) => values.slice().sort(),

  rank: (values) => Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b]),

  accumulate(values) {
    let total = 0;
    return values.map((value) => (total += value));
  },

  join(type, parts) {
    const result = new TYPES[type](count([parts.reduce((total, part) => total + part.length, 0)]));
    let at = 0;
    for (const part of parts) { result.set(part, at); at += part.length; }
    return result;
  },
};

// A function from a place in the whole to the value there of an array that is repeated along its sides of 1.
function locate(values, own, shape) {
  if (typeof values === "number") return () => values;
  if (values.length === count(shape)) return (at) => values[at];
  const sides = [...Array(shape.length - own.length).fill(1), ...own];
  const steps = sides.map((side, axis) => (side === 1 ? 0 : count(sides.slice(axis + 1))));
  return (at) => {
    let place = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += (at % shape[axis]) * steps[axis];
      at = Math.floor(at / shape[axis]);
    }
    return values[place];
  };
}

// The runs of a slice that lie together: where each begins in the whole and in the slice, and its length.
function visit(shape, starts, stops, handle) {
  const last = shape.length - 1, length = stops[last] - starts[last];
  let done = 0;
  (function descend(axis, offset) {
    if (axis === last) {
      handle(offset * shape[axis] + starts[axis], done, length);
      done += length;
    } else {
      for (let place = starts[axis]; place < stops[axis]; place++) descend(axis + 1, offset * shape[axis] + place);
    }
  })(0, 0);
}

globalThis.kernels = kernels;
