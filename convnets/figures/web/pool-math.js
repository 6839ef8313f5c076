/** Pooling of one channel: the windows, what each keeps, and where the gradient goes back. */

import { axisOf } from "./conv-math.js";

/**
 * @typedef {{height: number, width: number, size: number, stride: number, input: ArrayLike<number>}} Layer
 *   `input` is (height, width) in row order.
 * @typedef {{i: number, j: number, cells: number[], max: number, average: number, largest: number[]}} Window
 *   `cells` are places in the input, in row order; `largest` those of the maximum, of which the first is the winner.
 */

/** The two axes of a layer: (down, across). @param {Layer} layer */
export const axes = ({ height, width, size, stride }) =>
  [height, width].map((length) => axisOf({ size: length, kernel: size, padding: "0", stride, dilation: 1 }));

/** All windows of a layer in row order. @param {Layer} layer @returns {Window[]} */
export function windowsOf(layer) {
  const { width, size, stride, input } = layer;
  const [rows, columns] = axes(layer).map(({ places }) => places);
  return Array.from({ length: rows * columns }, (_, n) => {
    const [i, j] = [Math.floor(n / columns), n % columns];
    const cells = Array.from({ length: size ** 2 }, (_, place) =>
      (i * stride + Math.floor(place / size)) * width + j * stride + (place % size));
    const max = Math.max(...cells.map((cell) => input[cell]));
    const average = cells.reduce((sum, cell) => sum + input[cell], 0) / size ** 2;
    return { i, j, cells, max, average, largest: cells.filter((cell) => input[cell] === max) };
  });
}

/** What one window hands back to a cell of its own when `gradient` comes to it. @param {Window} window */
export const SHARES = {
  max: (window, cell, gradient) => (cell === window.largest[0] ? gradient : 0),
  average: (window, cell, gradient) => gradient / window.cells.length,
};

/**
 * Bring a gradient back.
 * @param {"max"|"average"} how
 * @param {Window[]} windows
 * @param {ArrayLike<number>} gradient One number for each window.
 * @param {number} length Of the input.
 */
export function backward(how, windows, gradient, length) {
  const sums = new Float64Array(length);
  windows.forEach((window, n) => {
    for (const cell of window.cells) sums[cell] += SHARES[how](window, cell, gradient[n]);
  });
  return sums;
}

/** The image of chapter 4. */
const CHAPTER = [
  [1, -2, 3, 0, 5],
  [4, 0, -1, 2, 6],
  [-3, -1, 7, 9, 8],
  [-5, -6, 8, -4, 1],
];

const some = (i, j) => ((i * 7 + j * 3 + i * j * 2) % 11) - 3;

/** The images that can be picked: row, column and width to a number. */
export const IMAGES = {
  chapter: (i, j) => CHAPTER[i]?.[j] ?? some(i, j),
  ties: (i, j) => Math.max(0, (some(i + 2, j + 1) >> 1) - 1),
  line: (i, j) => (i === j ? 9 : 0),
  count: (i, j, width) => i * width + j + 1,
};
