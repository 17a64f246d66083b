// The part of OpenCV that reading one digit uses, as a module of Brython's in JavaScript: the same library, built for
// the browser. Images are numpy.js's arrays.

(($B) => {
  $B.$import("numpy");
  const { cv } = globalThis, { None } = $B.builtins, toTuple = $B.fast_tuple, ANCHOR = new cv.Point(-1, -1);  // a kernel's middle
  const [wrap, define, uint8, int16, float32, int32] = ["wrap", "define", "uint8", "int16", "float32", "int32"].map(
    (name) => $B.module_getattr($B.imported.numpy, name),
  );
  const KINDS = [
    [uint8, "CV_8UC", "data"], [int16, "CV_16SC", "data16S"], [float32, "CV_32FC", "data32F"], [int32, "CV_32SC", "data32S"],
  ];

  function toMat({ values, shape: [height, width, channels = 1], dtype }) {
    const [, name, view] = KINDS.find(([type]) => type === dtype), mat = new cv.Mat(height, width, cv[name + channels]);
    mat[view].set(values);
    return mat;
  }

  // The array of a Mat of one channel.
  function toArray(mat) {
    const [type, , view] = KINDS.find(([, name]) => cv[`${name}1`] === mat.type());
    return wrap(mat[view].slice(), [mat.rows, mat.cols], type);
  }

  // What `work` returns, and the arrays that it fills: it gets the images, and then so many empty results, as Mats, whose
  // memory nothing else gives back.
  function run(images, count, work) {
    const mats = [...images.map(toMat), ...Array.from({ length: count }, () => new cv.Mat())];
    try {
      const returned = work(...mats);
      return [returned, ...mats.slice(images.length).map(toArray)];
    } finally {
      for (const mat of mats) mat.delete();
    }
  }

  const fill = (images, work) => run(images, 1, work)[1];
  const toSize = ([width, height]) => new cv.Size(width, height);

  // The rectangles that make up an element of 0 and 1 whose rows grow towards its middle: for every length of a row, that of
  // all rows that are as long. OpenCV is quick with rectangles; with all else it looks at the whole element for every pixel.
  function findRectangles({ values, shape: [height, width] }) {
    const rows = Array.from({ length: height }, (_, y) => values.subarray(y * width, (y + 1) * width));
    const firsts = rows.map((row) => row.indexOf(1));
    return [...new Set(firsts)].map((first) => {
      const isAsLong = (each) => each <= first, top = firsts.findIndex(isAsLong), bottom = firsts.findLastIndex(isAsLong);
      const [x, y] = [(width >> 1) - first, (height >> 1) - top], last = rows[firsts.indexOf(first)].lastIndexOf(1);
      return { size: [bottom + 1 - top, last + 1 - first], middle: new cv.Point(x, y) };
    });
  }

  // Dilate or erode: the greatest or least value under an element.
  function findExtreme(image, element, findUnder, findOf) {
    return fill([image], (source, result) => {
      const part = new cv.Mat();
      findRectangles(element).forEach(({ size, middle }, which) => {
        const kernel = cv.Mat.ones(...size, cv.CV_8UC1);
        findUnder(source, which ? part : result, kernel, middle, 1, cv.BORDER_CONSTANT, cv.morphologyDefaultBorderValue());
        if (which) findOf(result, part, result);
        kernel.delete();
      });
      part.delete();
    });
  }

  const dilate = (image, element) => findExtreme(image, element, cv.dilate, cv.max);
  const erode = (image, element) => findExtreme(image, element, cv.erode, cv.min);

  const functions = {
    ipp: { useIPP: () => false, setUseIPP: () => None },  // no browser has it
    resize: define("image size interpolation", (image, size, interpolation) => (
      fill([image], (source, result) => cv.resize(source, result, toSize(size), 0, 0, interpolation))
    )),
    copyMakeBorder: define("image top bottom left right kind", (image, top, bottom, left, right, kind) => (
      fill([image], (source, result) => cv.copyMakeBorder(source, result, top, bottom, left, right, kind, new cv.Scalar()))
    )),
    cvtColor: (image, code) => fill([image], (source, result) => cv.cvtColor(source, result, code)),
    threshold(image, level, value, method) {
      const [found, mask] = run([image], 1, (source, result) => cv.threshold(source, result, level, value, method));
      return toTuple([$B.fast_float(found), mask]);
    },
    medianBlur: (image, side) => fill([image], (source, result) => cv.medianBlur(source, result, side)),
    blur: define("image size borderType", (image, size, border) => (
      fill([image], (source, result) => cv.blur(source, result, toSize(size), ANCHOR, border))
    )),
    filter2D: define("image depth kernel borderType", (image, depth, kernel, border) => (
      fill([image, kernel], (source, tap, result) => cv.filter2D(source, result, depth, tap, ANCHOR, 0, border))
    )),
    dilate,
    // MORPH_CLOSE. Beyond the border nothing counts, which is as with BORDER_REPLICATE: an element that grows towards its
    // middle has in it the pixel at the border that would be repeated.
    morphologyEx: define("image operation element borderType", (image, operation, element) => (
      erode(dilate(image, element), element)
    )),
    getStructuringElement(shape, size) {
      const mat = cv.getStructuringElement(shape, toSize(size)), kernel = toArray(mat);
      mat.delete();
      return kernel;
    },
    distanceTransform: (mask, distance, side) => (
      fill([mask], (source, result) => cv.distanceTransform(source, result, distance, side))
    ),
    connectedComponents: define("mask labels connectivity", (mask, labels, connectivity = 8) => (
      toTuple(run([mask], 1, (source, result) => cv.connectedComponents(source, result, connectivity, cv.CV_32S)))
    )),
    // The number of components, their labels and statistics; without their centres, which nothing uses.
    connectedComponentsWithStats: define("mask connectivity", (mask, connectivity) => {
      const centres = new cv.Mat();
      const results = run([mask], 2, (source, labels, stats) => (
        cv.connectedComponentsWithStats(source, labels, stats, centres, connectivity, cv.CV_32S)
      ));
      centres.delete();
      return toTuple([...results, None]);
    }),
    boundingRect(mask) {
      const [{ x, y, width, height }] = run([mask], 0, (source) => cv.boundingRect(source));
      return toTuple([x, y, width, height]);
    },
    multiply: (left, right) => fill([left, right], (first, second, result) => cv.multiply(first, second, result, 1, -1)),
    subtract(left, right) {
      const everywhere = new cv.Mat();
      const difference = fill([left, right], (first, second, result) => cv.subtract(first, second, result, everywhere, -1));
      everywhere.delete();
      return difference;
    },
    divide: define("left right scale", (left, right, scale) => (
      fill([left, right], (first, second, result) => cv.divide(first, second, result, scale, -1))
    )),
  };
  const CONSTANTS = [
    "CC_STAT_AREA", "COLOR_RGB2GRAY", "DIST_L2", "INTER_AREA", "INTER_CUBIC", "INTER_LINEAR", "INTER_NEAREST",
    "BORDER_CONSTANT", "BORDER_REPLICATE", "CV_16S", "MORPH_CLOSE", "MORPH_ELLIPSE", "THRESH_OTSU",
  ];
  $B.addToImported("cv2", { ...functions, ...Object.fromEntries(CONSTANTS.map((name) => [name, cv[name]])) });
})(__BRYTHON__);
