/** The changes of chapter 7, one at a time and at random. */

/**
 * @typedef {{height: number, width: number, channels: number, values: Float64Array}} Picture
 *   `values` is (height, width, channels) in row order, from 0 to 1.
 */

const cut = (value) => Math.min(1, Math.max(0, value));
const changed = (picture, value) => ({ ...picture, values: picture.values.map(value) });

/** A picture whose pixels are those of another at the places that `from` gives. */
function moved(picture, height, width, from) {
  const { channels } = picture;
  const values = new Float64Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [row, column] = from(Math.floor(pixel / width), pixel % width);
    const start = (row * picture.width + column) * channels;
    for (let c = 0; c < channels; c++) values[pixel * channels + c] = picture.values[start + c];
  }
  return { height, width, channels, values };
}

const turn = (picture) =>
  moved(picture, picture.width, picture.height, (i, j) => [j, picture.width - 1 - i]);

function contrast(picture, factor) {
  const { channels, values } = picture;
  const means = new Float64Array(channels);
  values.forEach((value, n) => (means[n % channels] += (value * channels) / values.length));
  return changed(picture, (value, n) => cut(means[n % channels] + factor * (value - means[n % channels])));
}

/** Round as Python does: halves to the even neighbour. */
export const round = (number) => (number % 1 === 0.5 ? 2 * Math.round(number / 2) : Math.round(number));

function stretch({ height, width, channels, values }, factor) {
  const wide = round(width * factor);
  const made = new Float64Array(height * wide * channels);
  for (let k = 0; k < wide; k++) {
    const x = Math.min(width - 1, Math.max(0, ((k + 0.5) * width) / wide - 0.5));
    const left = Math.floor(x);
    const right = Math.min(left + 1, width - 1);
    for (let i = 0; i < height; i++) {
      for (let c = 0; c < channels; c++) {
        const at = (column) => values[(i * width + column) * channels + c];
        made[(i * wide + k) * channels + c] = at(left) + (x - left) * (at(right) - at(left));
      }
    }
  }
  return { height, width: wide, channels, values: made };
}

/** Means of the numbers up to `around` places away along one axis; the outermost are repeated. */
function means(picture, around, down) {
  const { height, width, channels, values } = picture;
  const [length, apart] = down ? [height, width * channels] : [width, channels];
  const made = new Float64Array(values.length);
  for (let line = 0; line < values.length / length; line++) {
    const start = down ? line : Math.floor(line / channels) * width * channels + (line % channels);
    const at = (n) => values[start + Math.min(length - 1, Math.max(0, n)) * apart];
    let sum = 0;
    for (let n = -around; n <= around; n++) sum += at(n);
    for (let n = 0; n < length; n++) {
      made[start + n * apart] = cut(sum / (2 * around + 1));
      sum += at(n + around + 1) - at(n - around);
    }
  }
  return { ...picture, values: made };
}

const blur = (picture, around) => means(means(picture, around, true), around, false);

function sharpen(picture, amount) {
  const { values } = blur(picture, 1);
  return changed(picture, (value, n) => cut(value + amount * (value - values[n])));
}

const upTo = (most, share) => 1 + Math.floor(share * most);
const between = (factor, share) => 1 / factor + share * (factor - 1 / factor);
const below = (most, share) => share * most;

/**
 * The changes by their names in chapter 7. `knob` is the strength's name, `apply` makes the changed picture, and `draw`
 * chooses a strength for one of many, of a number from 0 to 1.
 */
export const CHANGES = {
  flip_horizontal: { apply: (p) => moved(p, p.height, p.width, (i, j) => [i, p.width - 1 - j]) },
  flip_vertical: { apply: (p) => moved(p, p.height, p.width, (i, j) => [p.height - 1 - i, j]) },
  rotate90: { knob: "turns", apply: (p, turns) => (turns > 0 ? CHANGES.rotate90.apply(turn(p), turns - 1) : p), draw: upTo },
  brightness: {
    knob: "delta", apply: (p, delta) => changed(p, (value) => cut(value + delta)),
    draw: (delta, share) => (2 * share - 1) * delta,
  },
  contrast: { knob: "factor", apply: contrast, draw: between },
  blur: { knob: "around", apply: blur, draw: upTo },
  sharpen: { knob: "amount", apply: sharpen, draw: below },
  stretch: { knob: "wide", apply: stretch, draw: between },
  noise: {
    knob: "sigma", apply: (p, sigma, random) => changed(p, (value) => cut(value + sigma * random.normal())), draw: below,
  },
};

/** Random numbers that are the same for the same seed: mulberry32, and Box and Muller's normal distribution. */
export function generator(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  let spare = null; // the method makes two at a time
  const normal = () => {
    const kept = spare;
    spare = null;
    if (kept !== null) return kept;
    const far = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = far * Math.sin(angle);
    return far * Math.cos(angle);
  };
  return { uniform, normal };
}

/**
 * Change some of many copies of a picture, each with the same probability, and leave the others as they are.
 * @returns {{count: number, make: function(Picture): {changed: boolean, strength: ?number, picture: Picture}[]}}
 *   `count` are changed. `make` can be called once.
 */
export function sometimes(name, strength, probability, count, seed) {
  const random = generator(seed);
  const { apply, draw } = CHANGES[name];
  const chosen = Array.from({ length: count }, () => random.uniform() < probability);
  const make = (picture) => chosen.map((is) => {
    if (!is) return { changed: false, strength: null, picture };
    const own = draw ? draw(strength, random.uniform()) : null;
    return { changed: true, strength: own, picture: apply(picture, own, random) };
  });
  return { count: chosen.filter(Boolean).length, make };
}
