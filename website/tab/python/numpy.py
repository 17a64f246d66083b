"""The part of numpy that reading one digit uses, for Brython; its arrays are in arrays.py."""

from arrays import (
    TYPE_ORDER,
    array,
    asarray,
    bool_,
    combine,
    count,
    find_type,
    float32,
    float64,
    floating,
    int32,
    intp,
    kernels,
    ndarray,
    uint8,
    uint16,
)

newaxis = None


def ascontiguousarray(values):
    """The array itself: all lie row by row."""
    return values


def zeros(shape, dtype=float):
    """An array of zeros."""
    shape, kind = shape if isinstance(shape, tuple) else (shape,), find_type(dtype)
    return ndarray(kernels.make(kind.name, count(shape)), shape, kind)


def full_like(other, value):
    """An array of one value, of the shape and type of another."""
    result = zeros(other.shape, other.dtype)
    result.values.fill(value)
    return result


def ones(shape, dtype=float):
    """An array of ones."""
    return full_like(zeros(shape, dtype), 1)


def arange(stop):
    """0, 1, … up to `stop`, without it."""
    return array(list(range(stop)), int32)


def concatenate(parts):
    """Arrays one behind the other."""
    parts = [asarray(part) for part in parts]
    kind = TYPE_ORDER[max(TYPE_ORDER.index(part.dtype) for part in parts)]
    values = kernels.join(kind.name, [part.values for part in parts])
    return ndarray(values, (sum(len(part) for part in parts), *parts[0].shape[1:]), kind)


def stack(parts):
    """Arrays of one shape as the rows of a larger one."""
    return concatenate([part[newaxis] for part in parts])


def pad(image, margin, constant_values=0):
    """An image with a margin all around."""
    height, width = image.shape
    result = full_like(zeros((height + 2 * margin, width + 2 * margin), image.dtype), int(constant_values))
    result[margin : margin + height, margin : margin + width] = image
    return result


def flatnonzero(values):
    """Where values are not 0, counted row by row."""
    places = kernels.findNonzero(values.values)
    return ndarray(places, (places.length,), int32)


def partition(values, middle, axis=None):
    """All values, sorted, which is more than was asked for."""
    return ndarray(kernels.sort(values.values), (values.size,), values.dtype)


def percentile(values, percents):
    """The values below which so many percent lie, between two of them if need be."""
    ordered, places = partition(values, None), [percent / 100 * (values.size - 1) for percent in percents]
    lows = [int(place) for place in places]
    highs = [min(low + 1, values.size - 1) for low in lows]
    return array(
        [
            ordered[low] + (ordered[high] - ordered[low]) * (place - low)
            for low, high, place in zip(lows, highs, places)
        ],
        float64,
    )


def ptp(values):
    """From the least to the greatest."""
    return values.max() - values.min()


def argsort(values, kind):
    """The order of the values, least first, equal ones as they stand."""
    return ndarray(kernels.rank(values.values), values.shape, int32)


def cumsum(values, dtype):
    """The sums of the values up to each."""
    values = asarray(values, dtype)
    return ndarray(kernels.accumulate(values.values), values.shape, values.dtype)


def minimum(left, right):
    """The lesser of two values, place by place."""
    return combine("minimum", left, right)


def maximum(left, right):
    """The greater of two values, place by place."""
    return combine("maximum", left, right)


def clip(values, low, high):
    """Values that were less than `low`, or more than `high`, brought to these."""
    return minimum(maximum(values, low), high) if isinstance(values, ndarray) else min(max(values, low), high)


def abs(values):
    """Values without their signs."""
    return values._map("absolute")


def exp(values):
    """The exponential of every value."""
    return values._map("exp")


def tanh(values):
    """The hyperbolic tangent of every value."""
    return values._map("tanh")


class _Slices:
    def __getitem__(self, key):
        return key


s_ = _Slices()
