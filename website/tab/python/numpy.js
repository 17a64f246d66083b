// The part of numpy that reading one digit uses, as a module of Brython's in JavaScript: calling Python for every
// operation would take longer than all else.
//
// An array lies in memory row by row, and a slice is a copy: nothing that reads a digit writes through one. Integers
// have 32 bits where numpy has 64. Single values are Python's own numbers, and so never decide an array's type.

(($B) => {
  const { builtins, fast_float: toFloat, fast_tuple: toTuple } = $B, { kernels } = globalThis;

  // --- what Python hands over, and gets

  const isFloat = (value) => value?.ob_type === builtins.float;
  const isNumber = (value) => typeof value === "number" || typeof value === "boolean" || isFloat(value);
  const toNumber = (value) => (isFloat(value) ? value.value : Number(value));
  const isArray = (value) => value?.ob_type === ndarray;
  const toList = (value) => (Array.isArray(value) ? value : [value]);  // Python's lists and tuples are arrays here

  // A function for Python: JavaScript's, which gets arguments by place; Python may also give them by these names.
  function define(names, work) {
    names = names.split(" ");
    return (...given) => {
      const named = given.at(-1)?.$kw ? given.pop().$kw[0] : {};
      for (const name of Object.keys(named)) if (!names.includes(name)) throw fail("TypeError", `no parameter is called ${name}`);
      const values = names.map((name, at) => (at < given.length ? given[at] : named[name]));
      return work(...values.map((value) => (value === builtins.None ? undefined : value)));
    };
  }

  const fail = (kind, message) => $B.EXC(builtins[kind], message);

  // --- types of values; later ones hold all that earlier ones do

  const dtype = $B.make_type("numpy.dtype");
  const TYPE_NAMES = ["bool", "uint8", "uint16", "int16", "int32", "float32", "float64"];
  const types = TYPE_NAMES.map((name, order) => ({ ob_type: dtype, name, order, kind: name[0] }));
  const [bool, uint8, uint16, int16, int32, float32, float64] = types;
  dtype.tp_call = (type, value) => toPython(type, type === float32 ? Math.fround(toNumber(value)) : toNumber(value));
  dtype.tp_members = [["name", 0, "name", 0], ["kind", 0, "kind", 0]];

  const findType = (type) => ({ bool, int: int32, float: float64 })[type.tp_name] ?? type;  // Python's own, or ours
  const toPython = (type, value) => (type === bool ? Boolean(value) : type.kind === "f" ? toFloat(value) : Math.trunc(value));

  // The type of what two operands, arrays or numbers, make.
  function promote(left, right) {
    const types = [left, right].filter(isArray).map((each) => each.dtype);
    if (types.length === 1) {
      const other = isArray(left) ? right : left;
      if (isFloat(other) && types[0].kind !== "f") types.push(float64);
      else if (typeof other !== "boolean" && types[0] === bool) types.push(int32);
    }
    if (types.includes(int32) && types.includes(float32)) return float64;
    return types.reduce((first, second) => (second.order > first.order ? second : first));
  }

  // --- arrays

  const ndarray = $B.make_type("numpy.ndarray");
  const make = (values, shape, type) => ({ ob_type: ndarray, values, shape: toTuple([...shape]), dtype: type });
  const count = (shape) => shape.reduce((product, side) => product * side, 1);

  // An array of numbers, or of rows of numbers.
  function array(values, type) {
    const rows = Array.isArray(values[0]) ? values : undefined, flat = rows ? rows.flat() : values;
    const common = flat.some(isFloat) || !flat.length ? float64 : flat.some((each) => typeof each === "number") ? int32 : bool;
    const kind = type ? findType(type) : common;
    return make(kernels.convert(kind.name, flat.map(toNumber)), rows ? [rows.length, rows[0].length] : [flat.length], kind);
  }

  const asarray = (values, type) => (isArray(values) ? (type ? convert(values, findType(type)) : values) : array(values, type));

  function convert(self, type) {
    if (type === self.dtype) return self;
    return type === bool ? map("truth", self, bool) : make(kernels.convert(type.name, self.values), self.shape, type);
  }

  function combine(operation, left, right, type) {
    [left, right] = [left, right].map((each) => (Array.isArray(each) ? array(each) : each));
    if (![left, right].every((each) => isArray(each) || isNumber(each))) return builtins.NotImplemented;
    const common = promote(left, right), shape = broadcast(left.shape ?? [], right.shape ?? []);
    // As numpy does, bring a number to the arrays' type before computing with it.
    const bring = (number) => (common === float32 ? Math.fround(number) : number);
    const [x, y] = [left, right].map((each) => (isArray(each) ? each.values : bring(toNumber(each))));
    const kind = type ?? common;
    return make(kernels.combine(operation, kind.name, x, left.shape ?? [], y, right.shape ?? [], shape), shape, kind);
  }

  const map = (operation, self, type = self.dtype) => combine(operation, self, false, type);

  function broadcast(left, right) {
    const length = Math.max(left.length, right.length);
    const [first, second] = [left, right].map((shape) => [...Array(length - shape.length).fill(1), ...shape]);
    return first.map((side, axis) => {
      if (side !== second[axis] && side !== 1 && second[axis] !== 1) {
        throw fail("ValueError", `operands could not be broadcast together with shapes ${left} ${right}`);
      }
      return side === 1 ? second[axis] : side;
    });
  }

  function reduce(operation, self, axis, type, begin, keepdims) {
    const { shape, values } = self, place = axis === undefined ? 0 : (axis + shape.length) % shape.length;
    const sides = [count(shape.slice(0, place)), shape[place], count(shape.slice(place + 1))];
    if (axis === undefined) sides.splice(0, 3, 1, values.length, 1);
    if (!sides[1] && begin === undefined && ["max", "min"].includes(operation)) {
      throw fail("ValueError", `zero-size array to reduction operation ${operation} which has no identity`);
    }
    const result = kernels.reduce(operation, type.name, values, sides, begin === undefined ? undefined : toNumber(begin));
    if (axis === undefined) return toPython(type, result[0]);
    return make(result, [...shape.slice(0, place), ...(keepdims ? [1] : []), ...shape.slice(place + 1)], type);
  }

  // Where a key's slice begins and ends along every side, and its shape.
  function locate(self, keys) {
    const starts = [], stops = [], shape = [];
    for (const key of keys) {
      const side = self.shape[starts.length];
      if (key === builtins.None) shape.push(1);
      else if (key.ob_type === builtins.slice) {
        const [start, stop] = [[key.start, 0], [key.stop, side]].map(([bound, otherwise]) => (
          bound === builtins.None ? otherwise : Math.min(Math.max(bound < 0 ? bound + side : bound, 0), side)
        ));
        starts.push(start);
        stops.push(Math.max(start, stop));
        shape.push(stops.at(-1) - starts.at(-1));
      } else {
        const index = key < 0 ? key + side : key;
        if (!(index >= 0 && index < side)) throw fail("IndexError", `index ${key} is out of bounds for a side of ${side}`);
        starts.push(index);
        stops.push(index + 1);
      }
    }
    const rest = self.shape.slice(starts.length);
    return [[...starts, ...rest.map(() => 0)], [...stops, ...rest], [...shape, ...rest]];
  }

  function getItem(self, key) {
    const { values, dtype: type, shape } = self;
    const indices = isArray(key) ? key : key.ob_type === builtins.list ? array(key) : undefined;
    if (indices?.dtype === bool) {
      const selected = kernels.select(values, indices.values);
      return make(selected, [selected.length], type);
    }
    const inner = shape.slice(1);
    if (indices) return make(kernels.take(values, indices.values, count(inner)), [...indices.shape, ...inner], type);
    const [starts, stops, part] = locate(self, toList(key)), slice = kernels.slice(values, shape, starts, stops);
    return part.length ? make(slice, part, type) : toPython(type, slice[0]);
  }

  function setItem(self, key, value) {
    const [starts, stops, shape] = locate(self, toList(key));
    if (isArray(value) && `${value.shape}` !== `${shape}`) {
      throw fail("ValueError", `values of shape ${value.shape} do not fit into ${shape}`);
    }
    kernels.write(self.values, self.shape, starts, stops, isArray(value) ? value.values : toNumber(value));
    return builtins.None;
  }

  function reshape(self, ...shape) {
    const known = -count(shape);
    return make(self.values, shape.map((side) => (side === -1 ? self.values.length / known : side)), self.dtype);
  }

  const findSumType = (self) => (self.dtype.kind === "f" ? self.dtype : int32);
  const findExtreme = (operation, self) => toNumber(reduce(operation, self, undefined, self.dtype));

  ndarray.tp_members = [["shape", 0, "shape", 0], ["dtype", 0, "dtype", 0], ["values", 0, "values", 0]];
  ndarray.tp_getset = ["ndim", "size"];
  const methods = ndarray.tp_funcs = {
    ndim_get: (self) => self.shape.length,
    size_get: (self) => self.values.length,
    astype: define("self type", (self, type) => convert(self, findType(type))),
    reshape,
    ravel: (self) => reshape(self, self.values.length),
    round: (self) => map("round", self),
    max: define("self axis initial keepdims", (self, axis, initial, keepdims) => (
      reduce("max", self, axis, self.dtype, initial, keepdims)
    )),
    min: define("self axis", (self, axis) => reduce("min", self, axis, self.dtype)),
    sum: define("self axis dtype keepdims", (self, axis, type = findSumType(self), keepdims = false) => (
      reduce("sum", self, axis, findType(type), undefined, keepdims)
    )),
    mean: define("self dtype", (self) => toFloat(reduce("sum", self, undefined, float64).value / self.values.length)),
    any: define("self axis", (self, axis) => reduce("any", self, axis, bool)),
    all: define("self axis", (self, axis) => reduce("all", self, axis, bool)),
    argmax: (self) => self.values.indexOf(findExtreme("max", self)),
  };
  ndarray.tp_methods = Object.keys(methods).filter((name) => !name.endsWith("_get"));

  const COMPARISONS = {
    __lt__: "less", __le__: "less_equal", __gt__: "greater", __ge__: "greater_equal", __eq__: "equal", __ne__: "not_equal",
  };
  Object.assign(ndarray, {
    mp_length: (self) => self.shape[0],
    mp_subscript: getItem,
    mp_ass_subscript: setItem,
    tp_iter: (self) => builtins.list.tp_iter($B.$list(Array.from({ length: self.shape[0] }, (_, index) => getItem(self, index)))),
    tp_richcompare: (self, other, operator) => combine(COMPARISONS[operator], self, other, bool),
    nb_true_divide: (left, right) => combine("divide", left, right, promote(left, right).kind === "f" ? undefined : float64),
    nb_matrix_multiply: (left, right) => methods.sum(combine("multiply", left, right)),
    nb_negative: (self) => map("negative", self),
    nb_invert(self) {
      if (self.dtype !== bool) throw fail("TypeError", "only arrays of truth values are inverted");
      return map("not", self);
    },
  });
  for (const name of ["add", "subtract", "multiply", "floor_divide", "power", "and", "or"]) {
    ndarray[`nb_${name}`] = (left, right) => combine(name, left, right);
  }

  // --- functions

  function fill(shape, type, value) {
    const sides = toList(shape), kind = type ? findType(type) : float64;
    return make(kernels.make(kind.name, count(sides)).fill(value), sides, kind);
  }

  function concatenate(parts) {
    const arrays = parts.map((part) => asarray(part)), [{ shape }] = arrays;
    const type = arrays.map((part) => part.dtype).reduce((first, second) => (second.order > first.order ? second : first));
    const values = kernels.join(type.name, arrays.map((part) => part.values));
    return make(values, [arrays.reduce((total, part) => total + part.shape[0], 0), ...shape.slice(1)], type);
  }

  function pad(image, margin, constant = 0) {
    const [height, width] = image.shape, sides = [height + 2 * margin, width + 2 * margin];
    const result = fill(sides, image.dtype, toNumber(constant));
    kernels.write(result.values, result.shape, [margin, margin], [margin + height, margin + width], image.values);
    return result;
  }

  const select = (values, places) => make(kernels.partition(values.values, places), [values.values.length], values.dtype);

  // The values below which so many percent lie, between two of them if need be.
  function percentile(values, percents) {
    const last = values.values.length - 1, places = percents.map((percent) => (toNumber(percent) / 100) * last);
    const ends = places.map((place) => [Math.floor(place), Math.min(Math.floor(place) + 1, last)]);
    const ordered = select(values, ends.flat().sort((first, second) => first - second)).values;
    return array(ends.map(([low, high], which) => (
      toFloat(ordered[low] + (ordered[high] - ordered[low]) * (places[which] - low))
    )));
  }

  const minimum = (left, right) => combine("minimum", left, right), maximum = (left, right) => combine("maximum", left, right);

  function clip(values, low, high) {
    if (isArray(values)) return minimum(maximum(values, low), high);
    return toNumber(values) < toNumber(low) ? low : toNumber(high) < toNumber(values) ? high : values;
  }

  const ptp = (values) => toPython(values.dtype, findExtreme("max", values) - findExtreme("min", values));

  function cumsum(parts, type) {
    const { values, shape, dtype: kind } = asarray(parts, type);
    return make(kernels.accumulate(values), shape, kind);
  }

  function findNonzero({ values }) {
    const places = kernels.findNonzero(values);
    return make(places, [places.length], int32);
  }

  const indexer = $B.make_type("numpy.IndexExpression");
  indexer.mp_subscript = (self, key) => key;

  for (const type of [dtype, ndarray, indexer]) {
    $B.set_func_names(type, "numpy");
    $B.finalize_type(type);
  }
  $B.addToImported("numpy", {
    ndarray, bool_: bool, uint8, uint16, int16, int32, intp: int32, int64: int32, float32, float64, floating: float64,
    newaxis: builtins.None, define, wrap: make, array: define("values dtype", array), asarray: define("values dtype", asarray),
    ascontiguousarray: (values) => values, s_: { ob_type: indexer },
    zeros: define("shape dtype", (shape, type) => fill(shape, type, 0)),
    ones: define("shape dtype", (shape, type) => fill(shape, type, 1)),
    full_like: (other, value) => fill(other.shape, other.dtype, toNumber(value)),
    arange: (stop) => array(Array.from({ length: stop }, (_, index) => index), int32),
    concatenate, stack: (parts) => concatenate(parts.map(({ values, shape, dtype: type }) => make(values, [1, ...shape], type))),
    pad: define("image margin constant_values", pad), flatnonzero: findNonzero, percentile,
    partition: define("values place axis", (values, place) => select(values, toList(place))),
    ptp, argsort: define("values kind", ({ values, shape }) => make(kernels.rank(values), shape, int32)),
    cumsum: define("values dtype", cumsum), minimum, maximum, clip,
    abs: (values) => map("absolute", values), exp: (values) => map("exp", values), tanh: (values) => map("tanh", values),
  });
})(__BRYTHON__);
