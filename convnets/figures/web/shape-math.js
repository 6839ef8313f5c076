/** What layers make of a shape, and what they cost: as Keras counts. */

export const KINDS = ["Conv2D", "MaxPooling2D", "AveragePooling2D", "Flatten", "Dense"];
/** Numbers that hold one layer: its kind, filters or units, rows and columns of its window, stride, 1 for "same". */
export const PER_LAYER = 6;

/** @typedef {{kind: string, count: number, window: number[], stride: number, same: boolean}} Layer */

/** Read layers from a list of numbers. @returns {Layer[]} */
export function layersOf(list) {
  const layers = [];
  for (let n = 0; n + PER_LAYER <= list.length; n += PER_LAYER) {
    const [kind, count, rows, columns, stride, same] = list.slice(n, n + PER_LAYER);
    layers.push({ kind: KINDS[kind], count, window: [rows, columns], stride, same: same === 1 });
  }
  return layers;
}

const product = (numbers) => numbers.reduce((all, number) => all * number, 1);

/**
 * Follow a shape through layers; what comes after a layer that does not fit is left out.
 * @param {number[]} shape Height, width, channels.
 * @param {Layer[]} layers
 * @returns {{shape: number[], parameters: number, products: number, trouble: ?string}[]}
 *   One for each layer; `trouble` is "window", where it is larger than its input, or "flat", where there is no height.
 */
export function trace(shape, layers) {
  const found = [];
  for (const layer of layers) {
    const made = after(shape, layer);
    found.push(made);
    if (made.trouble) break;
    shape = made.shape;
  }
  return found;
}

function after(shape, { kind, count, window, stride, same }) {
  const channels = shape.at(-1);
  if (kind === "Flatten") return { shape: [product(shape)], parameters: 0, products: 0, trouble: null };
  if (kind === "Dense") {
    const made = [...shape.slice(0, -1), count];
    return { shape: made, parameters: (channels + 1) * count, products: product(made) * channels, trouble: null };
  }
  if (shape.length < 3) return { shape, parameters: 0, products: 0, trouble: "flat" };
  if (!same && window.some((size, axis) => size > shape[axis])) {
    return { shape, parameters: 0, products: 0, trouble: "window" };
  }
  const places = window.map((size, axis) => Math.floor((shape[axis] - (same ? 1 : size)) / stride) + 1);
  if (kind !== "Conv2D") return { shape: [...places, channels], parameters: 0, products: 0, trouble: null };
  const weights = product(window) * channels;
  return {
    shape: [...places, count], parameters: (weights + 1) * count, products: product(places) * count * weights, trouble: null,
  };
}

const pair = ([rows, columns]) => (rows === columns ? `${rows}` : `(${rows}, ${columns})`);

/** Write a layer as a line of Keras. @param {Layer} layer */
export function lineOf({ kind, count, window, stride, same }) {
  const padding = same ? ['padding="same"'] : [];
  const isDefault = kind === "Conv2D" ? stride === 1 : window.every((size) => size === stride);
  const sliding = [pair(window), ...(isDefault ? [] : [`strides=${stride}`]), ...padding];
  const given = { Conv2D: [count, ...sliding], Flatten: [], Dense: [count] }[kind] ?? sliding;
  return `layers.${kind}(${given.join(", ")}),`;
}

/** Write a network as Keras's code. */
export function codeOf(shape, layers) {
  const lines = [`keras.Input((${shape.join(", ")})),`, ...layers.map(lineOf)];
  return ["model = keras.Sequential([", ...lines.map((line) => `    ${line}`), "])"].join("\n");
}
