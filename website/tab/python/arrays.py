"""Arrays as numpy has them, for Brython, over the typed arrays of JavaScript.

An array lies in memory row by row, and a slice is a copy: nothing that reads a digit writes through one. Integers
have 32 bits where numpy has 64. Single values are Python's own numbers, and so never decide an array's type.
"""

from browser import self as worker

kernels = worker.kernels


class dtype:
    """The type of an array's values; called, it converts one number. Later types hold all that earlier ones do."""

    def __init__(self, name, convert):
        self.name, self._convert = name, convert

    def __call__(self, value):
        return self._convert(value)

    @property
    def kind(self):
        return {"b": "b", "u": "u", "i": "i", "f": "f"}[self.name[0]]


bool_, uint8, uint16 = dtype("bool", bool), dtype("uint8", int), dtype("uint16", int)
int32 = intp = int64 = dtype("int32", int)
float32 = dtype("float32", lambda value: float(worker.Math.fround(float(value))))
float64 = dtype("float64", float)
floating = float64
TYPE_ORDER = [bool_, uint8, uint16, int32, float32, float64]


def find_type(kind):
    return {bool: bool_, int: int32, float: float64}.get(kind, kind)


def _promote(left, right):
    """The type of what two operands, arrays or numbers, make."""
    types = [each.dtype for each in (left, right) if isinstance(each, ndarray)]
    if len(types) == 1:
        other = right if isinstance(left, ndarray) else left
        if isinstance(other, float) and types[0] not in (float32, float64):
            types.append(float64)
        elif not isinstance(other, bool) and types[0] is bool_:
            types.append(int32)
    if int32 in types and float32 in types:
        return float64
    return TYPE_ORDER[max(TYPE_ORDER.index(each) for each in types)]


def count(shape):
    size = 1
    for side in shape:
        size *= side
    return size


def _broadcast(left, right):
    """The shape of what two arrays of these shapes make."""
    length = max(len(left), len(right))
    left, right = (1,) * (length - len(left)) + left, (1,) * (length - len(right)) + right
    if any(a != b and 1 not in (a, b) for a, b in zip(left, right)):
        raise ValueError(f"operands could not be broadcast together with shapes {left} {right}")
    return tuple(b if a == 1 else a for a, b in zip(left, right))


def combine(operation, left, right, kind=None):
    left, right = (array(each) if isinstance(each, (list, tuple)) else each for each in (left, right))
    kind = kind or _promote(left, right)
    if kind is float32:  # as numpy does, bring a number to the array's type before computing with it
        left, right = (float32(each) if isinstance(each, float) else each for each in (left, right))
    (first, first_shape), (second, second_shape) = (
        (each.values, each.shape) if isinstance(each, ndarray) else (each, ()) for each in (left, right)
    )
    shape = _broadcast(first_shape, second_shape)
    values = kernels.combine(operation, kind.name, first, list(first_shape), second, list(second_shape), list(shape))
    return ndarray(values, shape, kind)


def _operator(operation, is_comparison=False, is_reversed=False, kind=None):
    def operate(self, other):
        left, right = (other, self) if is_reversed else (self, other)
        return combine(operation, left, right, bool_ if is_comparison else kind)

    return operate


class ndarray:
    """Values, a typed array, in a shape."""

    def __init__(self, values, shape, kind):
        self.values, self.shape, self.dtype = values, tuple(shape), kind

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return count(self.shape)

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def __bool__(self):
        return bool(self.item())

    def __float__(self):
        return float(self.item())

    def item(self):
        return self._get_value(0)

    def _get_value(self, place):
        return _find_python_type(self.dtype)(self.values[place])

    # --- parts of it

    def _locate(self, key):
        """Where a slice begins and ends along every side, and its shape; None if `key` is no slice."""
        keys = list(key) if isinstance(key, tuple) else [key]
        if any(isinstance(each, (ndarray, list)) for each in keys):
            return None
        starts, stops, shape, axis = [], [], [], 0
        for each in keys:
            if each is None:
                shape.append(1)
            elif isinstance(each, slice):
                start, stop, _ = each.indices(self.shape[axis])
                starts.append(start)
                stops.append(max(start, stop))
                shape.append(stops[-1] - start)
                axis += 1
            else:
                index = each + self.shape[axis] if each < 0 else each
                if not 0 <= index < self.shape[axis]:
                    raise IndexError(f"index {each} is out of bounds for a side of {self.shape[axis]}")
                starts.append(index)
                stops.append(index + 1)
                axis += 1
        return starts + [0] * (self.ndim - axis), stops + list(self.shape[axis:]), (*shape, *self.shape[axis:])

    def __getitem__(self, key):
        place = self._locate(key)
        if place is not None:
            starts, stops, shape = place
            values = kernels.slice(self.values, list(self.shape), starts, stops)
            part = ndarray(values, shape, self.dtype)
            return part if shape else part.item()
        key = asarray(key)
        if key.dtype is bool_:
            values = kernels.select(self.values, key.values)
            return ndarray(values, (values.length,), self.dtype)
        inner = self.shape[1:]
        return ndarray(kernels.take(self.values, key.values, count(inner)), key.shape + inner, self.dtype)

    def __setitem__(self, key, value):
        starts, stops, shape = self._locate(key)
        if isinstance(value, ndarray) and value.shape != shape:
            raise ValueError(f"values of shape {value.shape} do not fit into {shape}")
        written = value.values if isinstance(value, ndarray) else int(value) if isinstance(value, bool) else value
        kernels.write(self.values, list(self.shape), starts, stops, written)

    # --- other forms of it

    def astype(self, kind):
        kind = find_type(kind)
        return ndarray(kernels.map("truth" if kind is bool_ else "convert", kind.name, self.values), self.shape, kind)

    def reshape(self, *shape):
        known = -count(shape)
        return ndarray(self.values, tuple(self.size // known if side == -1 else side for side in shape), self.dtype)

    def ravel(self):
        return self.reshape(self.size)

    def round(self):
        return self._map("round")

    def _map(self, operation, kind=None):
        kind = kind or self.dtype
        return ndarray(kernels.map(operation, kind.name, self.values), self.shape, kind)

    # --- sums and the like

    def _reduce(self, operation, axis, kind, start=None, keepdims=False):
        if axis is None:
            sides, shape = [1, self.size, 1], ()
        else:
            axis %= self.ndim
            sides = [count(self.shape[:axis]), self.shape[axis], count(self.shape[axis + 1 :])]
            shape = self.shape[:axis] + ((1,) if keepdims else ()) + self.shape[axis + 1 :]
        if not sides[1] and start is None and operation in ("max", "min"):
            raise ValueError(f"zero-size array to reduction operation {operation} which has no identity")
        starts = () if start is None else (start,)
        result = ndarray(kernels.reduce(operation, kind.name, self.values, sides, *starts), shape, kind)
        return result if axis is not None else result.item()

    def max(self, axis=None, initial=None, keepdims=False):
        return self._reduce("max", axis, self.dtype, initial, keepdims)

    def min(self, axis=None, keepdims=False):
        return self._reduce("min", axis, self.dtype, None, keepdims)

    def sum(self, axis=None, dtype=None, keepdims=False):
        is_float = self.dtype in (float32, float64)
        return self._reduce("sum", axis, dtype or (self.dtype if is_float else int32), None, keepdims)

    def mean(self, dtype=None):
        return self.sum(dtype=float64) / self.size

    def any(self, axis=None):
        return self.astype(bool_)._reduce("any", axis, bool_)

    def all(self, axis=None):
        return self.astype(bool_)._reduce("all", axis, bool_)

    def argmax(self):
        return self.values.indexOf(self.max())

    # --- operators

    __add__, __radd__ = _operator("add"), _operator("add", is_reversed=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", is_reversed=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", is_reversed=True)
    __floordiv__, __pow__ = _operator("floor_divide"), _operator("power")
    __and__, __or__ = _operator("and"), _operator("or")
    __lt__, __le__ = _operator("less", is_comparison=True), _operator("less_equal", is_comparison=True)
    __gt__, __ge__ = _operator("greater", is_comparison=True), _operator("greater_equal", is_comparison=True)
    __eq__, __ne__ = _operator("equal", is_comparison=True), _operator("not_equal", is_comparison=True)
    __hash__ = None

    def __truediv__(self, other):
        kind = _promote(self, other)
        return combine("divide", self, other, kind if kind in (float32, float64) else float64)

    def __matmul__(self, other):
        return (self * other).sum()

    def __invert__(self):
        if self.dtype is not bool_:
            raise TypeError("only arrays of truth values are inverted")
        return self._map("not")

    def __neg__(self):
        return self._map("negative")


def _find_python_type(kind):
    return bool if kind is bool_ else float if kind in (float32, float64) else int


def array(values, dtype=None):
    """An array of numbers, or of rows of numbers."""
    if values and isinstance(values[0], (list, tuple)):
        flat, shape = [value for row in values for value in row], (len(values), len(values[0]))
    else:
        flat, shape = list(values), (len(values),)
    kind = find_type(dtype or max((type(each) for each in flat), key=[bool, int, float].index, default=float))
    return ndarray(getattr(kernels, "from")(kind.name, flat), shape, kind)


def asarray(values, dtype=None):
    """`values` as an array of this type, themselves where they are."""
    if not isinstance(values, ndarray):
        return array(values, dtype)
    return values if dtype is None or find_type(dtype) is values.dtype else values.astype(dtype)
