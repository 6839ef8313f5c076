/** Photos to try things on, and maps drawn in colours. */

import { file, h } from "./figure.js";

/** The photos that come along: where they are. */
export const PHOTOS = {
  camera: { address: file("photos/camera.jpg") },
  cat: { address: file("photos/cat.jpg") },
  coffee: { address: file("photos/coffee.jpg") },
};

/** Sheets with small pictures side by side. */
const SHEETS = {
  digits: { address: file("photos/digits.png") },
  signs: { address: file("photos/signs.png") },
};

/** The small pictures by name: on which sheet, from which column on, how wide. */
export const TILES = {
  ...Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [digit, ["digits", 28 * digit, 28]])),
  b: ["signs", 0, 48],
  stop: ["signs", 48, 112],
  left: ["signs", 160, 48],
};

/** The longest side of a photo; larger ones are made smaller. */
const LONGEST = 160;

/**
 * @typedef {{height: number, width: number, colours: Float32Array}} Photo
 *   `colours` is (height, width, 3), from 0 to 1.
 */

/**
 * Load a photo.
 * @param {string|Blob} source Name of a photo or sheet, or a file of the reader's, which stays on their machine.
 * @param {number} [longest] Its longest side, at most.
 * @returns {Promise<Photo>}
 */
export async function loadPhoto(source, longest = LONGEST) {
  const address = typeof source === "string" ? (PHOTOS[source] ?? SHEETS[source]).address : URL.createObjectURL(source);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const scale = Math.min(1, longest / Math.max(image.naturalWidth, image.naturalHeight));
    const width = Math.max(1, Math.round(image.naturalWidth * scale));
    const height = Math.max(1, Math.round(image.naturalHeight * scale));
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#fff"; // behind transparent pixels
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0, width, height);
    const bytes = context.getImageData(0, 0, width, height).data;
    const colours = new Float32Array(width * height * 3);
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let c = 0; c < 3; c++) colours[3 * pixel + c] = bytes[4 * pixel + c] / 255;
    }
    return { height, width, colours };
  } finally {
    if (typeof source !== "string") URL.revokeObjectURL(address);
  }
}

/**
 * Take what a layer of so many channels gets of a photo: grey for one, else red, green, blue in turn.
 * @param {Photo} photo
 * @returns {Float32Array} (height, width, channels)
 */
export function channelsOf({ height, width, colours }, channels) {
  const taken = new Float32Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [red, green, blue] = colours.subarray(3 * pixel, 3 * pixel + 3);
    if (channels === 1) taken[pixel] = 0.299 * red + 0.587 * green + 0.114 * blue;
    else for (let c = 0; c < channels; c++) taken[pixel * channels + c] = colours[3 * pixel + c];
  }
  return taken;
}

const LOW = [33, 102, 172];
const HIGH = [178, 24, 43];

/** Colour of a number from −1, blue, over 0, white, to 1, red. */
export function signedColour(share) {
  const end = share < 0 ? LOW : HIGH;
  const part = Math.min(1, Math.abs(share));
  return end.map((colour) => Math.round(255 + (colour - 255) * part));
}

/** Colour of a number from 0, black, to 1, white. */
export function greyColour(share) {
  const grey = Math.round(255 * Math.min(1, Math.max(0, share)));
  return [grey, grey, grey];
}

/**
 * Draw a map into a canvas, a pixel for each number.
 * @param {HTMLCanvasElement} canvas
 * @param {number} height
 * @param {number} width
 * @param {function(number): number[]} colour Red, green, blue of the pixel with this number, row by row.
 */
export function paint(canvas, height, width, colour) {
  canvas.height = Math.max(1, height);
  canvas.width = Math.max(1, width);
  if (!height || !width) return;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const bytes = image.data;
  for (let pixel = 0, n = 0; pixel < height * width; pixel++) {
    [bytes[n++], bytes[n++], bytes[n++]] = colour(pixel);
    bytes[n++] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Put a map under a label into a picture; as `paint`. @returns {HTMLElement} */
export function framed(label, height, width, colour) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  paint(canvas, height, width, colour);
  return h("figure", {}, canvas, h("figcaption", {}, label));
}
