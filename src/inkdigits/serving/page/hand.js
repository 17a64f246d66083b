// Digits as a pen writes them: to try the page with, where nobody has a pen or a picture at hand.

import { trace } from "./pad.js";

const DIGITS = [ // strokes of points in percent of a square
  [[[52, 14], [34, 26], [28, 50], [36, 76], [54, 84], [68, 68], [70, 42], [62, 20], [50, 14]]],
  [[[40, 28], [54, 16], [53, 50], [52, 84]]],
  [[[30, 30], [40, 17], [58, 16], [67, 30], [58, 50], [42, 68], [30, 82], [50, 80], [72, 82]]],
  [[[32, 22], [48, 14], [64, 22], [62, 40], [46, 47], [64, 54], [68, 70], [52, 84], [32, 76]]],
  [[[44, 14], [36, 36], [30, 56], [50, 55], [72, 53]], [[61, 32], [59, 58], [57, 86]]],
  [[[66, 16], [52, 16], [39, 17], [37, 32], [35, 46], [50, 41], [66, 50], [66, 70], [50, 84], [32, 77]]],
  [[[60, 14], [42, 32], [32, 56], [36, 78], [54, 84], [67, 70], [60, 55], [44, 56], [34, 68]]],
  [[[30, 20], [50, 18], [70, 19], [60, 42], [52, 62], [46, 86]]],
  [[[62, 24], [48, 14], [36, 26], [46, 44], [62, 58], [64, 76], [48, 85], [34, 74], [42, 56], [58, 42], [62, 24]]],
  [[[66, 30], [52, 15], [36, 26], [38, 44], [54, 47], [66, 30], [65, 58], [60, 86]]],
];
const PAGE = ["7305", "4192", "68"];
const CELL_PX = 60; // a digit's square on the page
const PEN = 0.07; // of the square

/** The strokes of a number in the middle of a square pad: points [x, y] in shares of its side. */
export function strokesOf(number) {
  const side = 1 / Math.max(1, number.length * 0.72);
  const left = (1 - side * (0.72 * (number.length - 1) + 1)) / 2;
  const placed = (place) => ([x, y]) => [left + side * (0.72 * place + x / 100), (1 - side) / 2 + (side * y) / 100];
  return [...number].flatMap((digit, place) => DIGITS[digit].map((points) => points.map(placed(place))));
}

/** A page with a few numbers, as a file. */
export async function drawPage() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 6 * CELL_PX, height: (PAGE.length + 1) * 1.3 * CELL_PX });
  const pen = canvas.getContext("2d");
  Object.assign(pen, { fillStyle: "#fbfaf6", strokeStyle: "#1d2a44" });
  pen.fillRect(0, 0, canvas.width, canvas.height);
  PAGE.forEach((number, row) => [...number].forEach((digit, place) => {
    pen.setTransform(1, 0, 0, 1, (0.8 + 0.85 * place) * CELL_PX, (0.6 + 1.3 * row) * CELL_PX);
    for (const points of DIGITS[digit]) trace(pen, points.map(([x, y]) => ({ x: x / 100, y: y / 100, wide: PEN })), CELL_PX);
  }));
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new File([blob], "sample.png", { type: "image/png" });
}
