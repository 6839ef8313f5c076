/** LeNet-5 as chapter 4 builds it, forward, and a drawing made ready for it. */

import { convolve } from "./conv-math.js";

/** Pixels on a side of the picture that the network gets. */
export const SIDE = 28;

/**
 * The layers by name: rows and columns as they are shown, maps, and the kernel; pooling has none. A dense layer is a
 * convolution whose kernel is as large as its input.
 */
export const LAYERS = {
  C1: { rows: 28, columns: 28, maps: 6, kernel: 5, padding: "same" },
  S2: { rows: 14, columns: 14, maps: 6 },
  C3: { rows: 10, columns: 10, maps: 16, kernel: 5 },
  S4: { rows: 5, columns: 5, maps: 16 },
  C5: { rows: 8, columns: 15, maps: 1, kernel: 5, units: 120 },
  F6: { rows: 7, columns: 12, maps: 1, kernel: 1, units: 84 },
  output: { rows: 1, columns: 10, maps: 1, kernel: 1, units: 10 },
};

/** Bytes that are written in base64. */
export const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * Read the weights of all layers: kernels (rows, columns, channels, maps) and biases.
 * @param {string} text In base64, in the order of Keras.
 * @returns {Object<string, {kernel: Float32Array, bias: Float32Array}>}
 */
export function readWeights(text) {
  const all = new Float32Array(bytes(text).buffer);
  const weights = {};
  let [at, channels] = [0, 1];
  const take = (count) => all.subarray(at, (at += count));
  for (const [name, { kernel, maps, units = maps }] of Object.entries(LAYERS)) {
    if (kernel) weights[name] = { kernel: take(kernel * kernel * channels * units), bias: take(units) };
    channels = units;
  }
  return weights;
}

/**
 * Send a picture through the network.
 * @param {ArrayLike<number>} picture (28, 28), from 0 to 1.
 * @returns {Object<string, {values: Float64Array, sums: Float64Array}>} By layer, (rows, columns, maps); `sums` is what
 *   tanh or softmax is taken of.
 */
export function forward(weights, picture) {
  const found = {};
  let [input, size, channels] = [picture, SIDE, 1];
  for (const [name, { kernel: k, padding = "0", maps, units = maps }] of Object.entries(LAYERS)) {
    const layer = k
      ? { ...weights[name], height: size, width: size, channels, kh: k, kw: k, filters: units, padding, stride: 1, dilation: 1 }
      : null;
    const sums = layer ? convolve({ ...layer, input }).values : halve(input, size, channels);
    const activate = !layer ? (sums) => sums : name === "output" ? softmax : (sums) => sums.map(Math.tanh);
    found[name] = { sums, values: activate(sums) };
    [input, size, channels] = [found[name].values, Math.sqrt(sums.length / units), units];
  }
  return found;
}

/** Average pooling, 2 × 2. */
function halve(input, size, channels) {
  const half = size / 2;
  return Float64Array.from({ length: half * half * channels }, (_, n) => {
    const [c, place] = [n % channels, Math.floor(n / channels)];
    const corner = 2 * (Math.floor(place / half) * size + (place % half)) * channels + c;
    const below = corner + size * channels;
    return (input[corner] + input[corner + channels] + input[below] + input[below + channels]) / 4;
  });
}

function softmax(sums) {
  const powers = sums.map((sum) => Math.exp(sum - Math.max(...sums)));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/**
 * Make a drawing ready as the digits of MNIST were: as large as fits into 20 × 20, grey where a pixel is partly inked,
 * and with its centre of mass in the middle of pixel (14, 14).
 * @param {ArrayLike<number>} cells (28, 28), 1 for ink.
 * @returns {Float64Array} (28, 28), from 0 to 1.
 */
export function centred(cells) {
  const inked = [...cells.keys()].filter((n) => cells[n]);
  const picture = new Float64Array(SIDE * SIDE);
  if (!inked.length) return picture;
  const places = [inked.map((n) => Math.floor(n / SIDE)), inked.map((n) => n % SIDE)];
  const scale = 20 / Math.max(...places.map((at) => Math.max(...at) - Math.min(...at) + 1));
  // Which part of a pixel of the picture, along one axis, is a cell of the drawing.
  const [down, across] = places.map((at) => {
    const middle = at.reduce((a, b) => a + b) / at.length + 0.5;
    const edge = (t) => (t - 14.5) / scale + middle;
    return (t, s) => Math.max(0, Math.min(s + 1, edge(t + 1)) - Math.max(s, edge(t))) * scale;
  });
  inked.forEach((_, n) => {
    const [i, j] = [places[0][n], places[1][n]];
    for (let t = 0; t < SIDE; t++) {
      const part = down(t, i);
      for (let u = 0; part && u < SIDE; u++) picture[t * SIDE + u] += part * across(u, j);
    }
  });
  return picture;
}
