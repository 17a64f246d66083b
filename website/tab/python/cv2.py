"""The part of OpenCV that reading one digit uses, for Brython: the same library, built for the browser."""

from browser import self as worker
from numpy import float32, int32, ndarray, uint8

opencv = worker.cv
for _name in (
    "CC_STAT_AREA", "COLOR_RGB2GRAY", "DIST_L2", "INTER_AREA", "INTER_CUBIC", "INTER_LINEAR", "INTER_NEAREST",
    "BORDER_REPLICATE", "CV_32F", "MORPH_CLOSE", "MORPH_ELLIPSE", "MORPH_GRADIENT", "MORPH_OPEN", "THRESH_OTSU",
):  # fmt: skip
    globals()[_name] = getattr(opencv, _name)
_ANCHOR = opencv.Point.new(-1, -1)  # a kernel's middle
_TYPES = {uint8: ("CV_8UC", "data"), float32: ("CV_32FC", "data32F"), int32: ("CV_32SC", "data32S")}


def _to_mat(image):
    height, width, *channels = image.shape
    type_name, view = _TYPES[image.dtype]
    mat = opencv.Mat.new(height, width, getattr(opencv, f"{type_name}{channels[0] if channels else 1}"))
    getattr(mat, view).set(image.values)
    return mat


def _to_array(mat):
    """The array of a Mat of one channel."""
    for kind, (type_name, view) in _TYPES.items():
        if mat.type() == getattr(opencv, f"{type_name}1"):
            return ndarray(getattr(mat, view).slice(), (mat.rows, mat.cols), kind)
    raise TypeError(f"no array has the values of a Mat of type {mat.type()}")


def _run(work, *images, result_count=1):
    """What `work` returns, and the arrays that it fills: it gets the images, and then so many empty results, as Mats,
    whose memory nothing else gives back."""
    mats = [_to_mat(image) for image in images] + [opencv.Mat.new() for _ in range(result_count)]
    try:
        returned = work(*mats)
        return returned, *(_to_array(mat) for mat in mats[len(images) :])
    finally:
        for mat in mats:
            mat.delete()


def resize(image, size, interpolation):
    return _run(
        lambda source, result: opencv.resize(source, result, opencv.Size.new(*size), 0, 0, interpolation), image
    )[1]


def cvtColor(image, code):
    return _run(lambda source, result: opencv.cvtColor(source, result, code), image)[1]


def threshold(image, level, value, method):
    return _run(lambda source, result: opencv.threshold(source, result, level, value, method), image)


def medianBlur(image, side):
    return _run(lambda source, result: opencv.medianBlur(source, result, side), image)[1]


def blur(image, size, borderType):
    return _run(lambda source, result: opencv.blur(source, result, opencv.Size.new(*size), _ANCHOR, borderType), image)[
        1
    ]


def filter2D(image, depth, kernel, borderType):
    return _run(
        lambda source, kernel, result: opencv.filter2D(source, result, depth, kernel, _ANCHOR, 0, borderType),
        image,
        kernel,
    )[1]


def dilate(image, kernel):
    return _run(lambda source, kernel, result: opencv.dilate(source, result, kernel), image, kernel)[1]


def morphologyEx(image, operation, kernel, borderType):
    border = opencv.morphologyDefaultBorderValue()
    return _run(
        lambda source, kernel, result: opencv.morphologyEx(
            source, result, operation, kernel, _ANCHOR, 1, borderType, border
        ),
        image,
        kernel,
    )[1]


def getStructuringElement(shape, size):
    mat = opencv.getStructuringElement(shape, opencv.Size.new(*size))
    kernel = _to_array(mat)
    mat.delete()
    return kernel


def distanceTransform(mask, distance, side):
    return _run(lambda source, result: opencv.distanceTransform(source, result, distance, side), mask)[1]


def connectedComponents(mask, labels=None, connectivity=8):
    return _run(lambda source, result: opencv.connectedComponents(source, result, connectivity, opencv.CV_32S), mask)


def connectedComponentsWithStats(mask, connectivity):
    """The number of components, their labels and statistics; without their centres, which nothing uses."""
    centres = opencv.Mat.new()
    results = _run(
        lambda source, labels, stats: opencv.connectedComponentsWithStats(
            source, labels, stats, centres, connectivity, opencv.CV_32S
        ),
        mask,
        result_count=2,
    )
    centres.delete()
    return *results, None


def boundingRect(mask):
    rectangle = _run(opencv.boundingRect, mask, result_count=0)[0]
    return rectangle.x, rectangle.y, rectangle.width, rectangle.height


def multiply(left, right):
    return _run(lambda first, second, result: opencv.multiply(first, second, result, 1, -1), left, right)[1]


def subtract(left, right):
    everywhere = opencv.Mat.new()
    result = _run(lambda first, second, result: opencv.subtract(first, second, result, everywhere, -1), left, right)[1]
    everywhere.delete()
    return result


def divide(left, right, scale):
    return _run(lambda first, second, result: opencv.divide(first, second, result, scale, -1), left, right)[1]
