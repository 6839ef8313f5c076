/** What one number behind a stack of layers depends on, along one axis. */

/** @typedef {{kernel: number, stride: number, dilation: number, padding: number}} Layer */

/** Read layers from a list of numbers, four for each. @returns {Layer[]} */
export function layersOf(list) {
  const layers = [];
  for (let n = 0; n + 3 < list.length; n += 4) {
    const [kernel, stride, dilation, padding] = list.slice(n, n + 4);
    layers.push({ kernel, stride, dilation, padding });
  }
  return layers;
}

/**
 * Sizes, receptive fields and steps behind every layer; the image itself comes first.
 * @param {number} size Of the image.
 * @param {Layer[]} layers
 * @returns {{size: number, field: number, step: number, offset: number}[]}
 *   `field` in pixels; `step` is how far apart the fields of neighbours are; `offset` is the middle of the first one.
 */
export function trace(size, layers) {
  const levels = [{ size, field: 1, step: 1, offset: 0 }];
  for (const { kernel, stride, dilation, padding } of layers) {
    const { size: before, field, step, offset } = levels.at(-1);
    const reach = dilation * (kernel - 1);
    const room = before + 2 * padding - reach - 1;
    levels.push({
      size: before && room >= 0 ? Math.floor(room / stride) + 1 : 0,
      field: field + reach * step,
      step: step * stride,
      offset: offset + step * (reach / 2 - padding),
    });
  }
  return levels;
}

/**
 * On how many paths one number of the last layer is reached from every number of every level.
 * @returns {Float64Array[]} One array for the image and each layer.
 */
export function paths(levels, layers, index) {
  const counts = levels.map((level) => new Float64Array(level.size));
  if (index < counts.at(-1).length) counts.at(-1)[index] = 1;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { kernel, stride, dilation, padding } = layers[l];
    counts[l + 1].forEach((count, n) => {
      for (let tap = 0; count && tap < kernel; tap++) {
        const from = n * stride + tap * dilation - padding;
        if (from >= 0 && from < counts[l].length) counts[l][from] += count;
      }
    });
  }
  return counts;
}
