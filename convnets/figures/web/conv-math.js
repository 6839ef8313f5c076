/** Convolution as deep learning writes it: arrays HWC for images, HWIO for kernels, flat and in row order. */

/** Pixels that a kernel spans along one axis. */
export const span = (kernel, dilation) => dilation * (kernel - 1) + 1;

/**
 * Zeros before and after that TensorFlow puts along one axis for padding "same".
 * @returns {[number, number]}
 */
export function samePadding(size, kernel, stride, dilation) {
  const places = Math.ceil(size / stride);
  const total = Math.max((places - 1) * stride + span(kernel, dilation) - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/**
 * What comes out along one axis.
 * @param {{size: number, kernel: number, padding: string, stride: number, dilation: number}} axis
 *   `padding` is a number of zeros on each side, or "same".
 * @returns {{before: number, after: number, room: number, places: number, cut: number}}
 *   `room` is how far the kernel can move, negative when it does not fit; `cut` is what no place reaches at the end.
 */
export function axisOf({ size, kernel, padding, stride, dilation }) {
  const [before, after] =
    padding === "same" ? samePadding(size, kernel, stride, dilation) : [Number(padding), Number(padding)];
  const room = size + before + after - span(kernel, dilation);
  const places = room < 0 ? 0 : Math.floor(room / stride) + 1;
  return { before, after, room, places, cut: room < 0 ? 0 : room % stride };
}

/**
 * @typedef {object} Layer
 * @property {number} height @property {number} width @property {number} channels
 * @property {number} kh @property {number} kw @property {number} filters
 * @property {ArrayLike<number>} input (height, width, channels)
 * @property {ArrayLike<number>} kernel (kh, kw, channels, filters)
 * @property {ArrayLike<number>} bias (filters)
 * @property {string} padding @property {number} stride @property {number} dilation
 * @property {boolean} flip Turn the kernel by 180°, as mathematics does.
 * @property {boolean} [flat] One dimension only: the height is 1, and nothing is padded above or below.
 */

/** The two axes of a layer: (down, across). @param {Layer} layer */
export function axes({ height, width, kh, kw, padding, stride, dilation, flat }) {
  return [
    axisOf({ size: height, kernel: kh, padding: flat ? "0" : padding, stride, dilation }),
    axisOf({ size: width, kernel: kw, padding, stride, dilation }),
  ];
}

/**
 * Compute the layer's whole output.
 * @param {Layer} layer
 * @returns {{rows: number, columns: number, values: Float64Array}} `values` is (rows, columns, filters).
 */
export function convolve(layer) {
  const { height, width, channels, kh, kw, filters, input, kernel, bias, stride, dilation, flip } = layer;
  const [down, across] = axes(layer);
  const rows = across.places ? down.places : 0;
  const columns = down.places ? across.places : 0;
  const values = new Float64Array(rows * columns * filters);
  for (let i = 0, out = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, out += filters) {
      for (let f = 0; f < filters; f++) values[out + f] = bias[f];
      for (let u = 0; u < kh; u++) {
        const row = i * stride + u * dilation - down.before;
        if (row < 0 || row >= height) continue;
        for (let v = 0; v < kw; v++) {
          const column = j * stride + v * dilation - across.before;
          if (column < 0 || column >= width) continue;
          const weights = (flip ? (kh - 1 - u) * kw + (kw - 1 - v) : u * kw + v) * channels;
          for (let c = 0; c < channels; c++) {
            const number = input[(row * width + column) * channels + c];
            for (let f = 0; f < filters; f++) values[out + f] += number * kernel[(weights + c) * filters + f];
          }
        }
      }
    }
  }
  return { rows, columns, values };
}

/**
 * The products that add up to one number of the output.
 * @param {Layer} layer
 * @returns {{row: number, column: number, c: number, u: number, v: number, number: number, weight: number}[]}
 *   `row` and `column` count from the first real pixel, so padding has places outside; `u`, `v` is the weight's place in
 *   the kernel as it is written, before any turning.
 */
export function products(layer, i, j, f) {
  const { height, width, channels, kh, kw, filters, input, kernel, stride, dilation, flip } = layer;
  const [down, across] = axes(layer);
  const found = [];
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < kh; u++) {
      for (let v = 0; v < kw; v++) {
        const row = i * stride + u * dilation - down.before;
        const column = j * stride + v * dilation - across.before;
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        const [a, b] = flip ? [kh - 1 - u, kw - 1 - v] : [u, v];
        found.push({
          row, column, c, u: a, v: b,
          number: inside ? input[(row * width + column) * channels + c] : 0,
          weight: kernel[((a * kw + b) * channels + c) * filters + f],
        });
      }
    }
  }
  return found;
}

/**
 * The places of the output in which one pixel takes part, and with which weight.
 * @param {Layer} layer
 * @param {number} row From the first real pixel; padding has places outside.
 * @returns {{i: number, j: number, u: number, v: number}[]} `u`, `v` as the kernel is written.
 */
export function meetings(layer, row, column) {
  const { kh, kw, stride, dilation, flip } = layer;
  const [down, across] = axes(layer);
  const found = [];
  for (let i = 0; i < down.places; i++) {
    const u = (row + down.before - i * stride) / dilation;
    if (!Number.isInteger(u) || u < 0 || u >= kh) continue;
    for (let j = 0; j < across.places; j++) {
      const v = (column + across.before - j * stride) / dilation;
      if (!Number.isInteger(v) || v < 0 || v >= kw) continue;
      found.push({ i, j, u: flip ? kh - 1 - u : u, v: flip ? kw - 1 - v : v });
    }
  }
  return found;
}

/** The kernels that can be picked, by name: (kh, kw) to rows of weights. `null` where there is none of that size. */
export const KERNELS = {
  example: (kh, kw) => (kh === 1 ? [[1, 0, -1]] : [[1, 0, -1], [2, 1, 0], [0, -1, 1]]),
  identity: (kh, kw) => each(kh, kw, (u, v) => (middle(u, kh) && middle(v, kw) ? 1 : 0)),
  blur: (kh, kw) => each(kh, kw, () => 1 / (kh * kw)),
  sharpen: (kh, kw) => {
    const near = (u, v) => Math.abs(u - ((kh - 1) >> 1)) + Math.abs(v - ((kw - 1) >> 1));
    let beside = 0;
    each(kh, kw, (u, v) => (beside += near(u, v) === 1));
    return each(kh, kw, (u, v) => (near(u, v) === 0 ? 1 + beside : near(u, v) === 1 ? -1 : 0));
  },
  horizontal: (kh) => (kh === 1 ? [[-1, 0, 1]] : [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
  vertical: (kh) => (kh === 1 ? [[-1, 0, 1]] : [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
};

/** Kernels of the list above that are made for one size only: 3, and (1, 3) in one dimension. */
export const FIXED = ["example", "horizontal", "vertical"];

const middle = (place, size) => place === (size - 1) >> 1;
const each = (rows, columns, value) =>
  Array.from({ length: rows }, (_, u) => Array.from({ length: columns }, (_, v) => value(u, v)));

/** The 5 × 5 image of chapter 1, and small numbers around it, always the same. */
const EXAMPLE = [
  [1, 0, 2, 1, 0],
  [2, 1, 0, 1, 3],
  [0, 2, 1, 0, 1],
  [1, 0, 3, 2, 0],
  [0, 1, 1, 0, 2],
];

/** A number of the image that a reader finds in the beginning; in one dimension 1, 2, 3 … */
export function exampleNumber(row, column, channel, flat) {
  if (flat && channel === 0) return column + 1;
  if (channel === 0 && row < 5 && column < 5) return EXAMPLE[row][column];
  return (((row * 7 + column * 3 + channel * 5 + row * column * (channel + 2)) % 11) * 4) % 5;
}
