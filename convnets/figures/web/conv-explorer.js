/** A convolution to be touched: input, kernel and output as numbers, one place after the other. */

import { FIXED, KERNELS, axes, convolve, exampleNumber, meetings, products, span } from "./conv-math.js";
import { Figure, choice, define, flag, format, h, list, numbers, parse, whole } from "./figure.js";
import { Grid } from "./grid.js";
import { PHOTOS, channelsOf, framed, loadPhoto, signedColour } from "./photo.js";
import { sizeLines } from "./sizes.js";

const times = "·";

const text = {
  name: "Convolution explorer",
  labels: {
    dims: "Dimensions", preset_1: "Kernel", preset_2: "Kernel 2", height: "Input height", width: "Input width",
    length: "Input length", kh: "Kernel height", kw: "Kernel width", klength: "Kernel length", padding: "Padding",
    stride: "Stride", dilation: "Dilation", channels: "Channels", filters: "Filters",
    flip: "Turn the kernel first (true convolution)", photo: "Photo",
  },
  options: {
    dims: { 1: "1-D", 2: "2-D" },
    padding: { 0: "0 (valid)", same: "same" },
    photo: { none: "none", camera: "photographer", cat: "cat", coffee: "coffee" },
  },
  kernels: {
    example: "the chapter’s", identity: "identity", blur: "blur", sharpen: "sharpen",
    horizontal: "Sobel, horizontal", vertical: "Sobel, vertical", custom: "your own",
  },
  kernels1: { horizontal: "difference", vertical: "difference, as in x" },
  input: (channel, many) => (many ? `Input, channel ${channel}` : "Input"),
  kernel: (channel, filter, channels, filters) =>
    (filters ? `Kernel ${filter}` : "Kernel") + (channels ? `, channel ${channel}` : ""),
  turned: (label) => `${label}, turned`,
  output: (filter, many) => (many ? `Output ${filter}` : "Output"),
  bias: (filter, many) => (many ? `Bias ${filter}` : "Bias"),
  edit: "Arrow keys move. Enter or a digit changes the number.",
  look: "Arrow keys move. Each cell shows its sum.",
  invalid: "That is not a number; nothing has changed.",
  place: (place, count) => `${place} of ${count}`,
  nothing: "There is no output.",
  said: (place, count, values) => `Place ${place} of ${count}: ${values}.`,
  met: (name, number, where) => `${name} = ${number} takes part in ${list(where)}.`,
  metAt: (name, weight) => `${name} with weight ${weight}`,
  metIn: (name, number, count) => `${name} = ${number} takes part in ${count} ${count === 1 ? "number" : "numbers"} of the output.`,
  unmet: (name) => `${name} is under no place of the kernel: it plays no part.`,
  padded: "a zero of the padding",
  mover: "kernel",
  keras: "The same in Keras",
  both: "# Keras has no layer with stride and dilation both above 1.",
  flipped: (turn) => `  # Keras does not turn: give it kernel${turn}`,
  photoTitle: "On a photo",
  own: "or one of yours (it stays on your machine)",
  photoShown: (shape) => `photo, ${shape}`,
  mapShown: (shape, filter, many) => `feature map${many ? ` ${filter}` : ""}, ${shape}`,
  mapSaid: "Blue below zero, white at zero, red above.",
  unreadable: "This file could not be read as a picture.",
  tooLarge: "The kernel does not fit on the photo.",
};

export class ConvExplorer extends Figure {
  static text = text;
  static schema = {
    dims: choice("2", ["1", "2"]),
    preset_1: choice("example", [...Object.keys(KERNELS), "custom"]),
    preset_2: choice("vertical", [...Object.keys(KERNELS), "custom"]),
    height: whole(5, 1, 10),
    width: whole(5, 1, 10),
    kh: whole(3, 1, 5),
    kw: whole(3, 1, 5),
    padding: choice("0", ["0", "1", "2", "3", "same"]),
    stride: whole(1, 1, 4),
    dilation: whole(1, 1, 3),
    channels: whole(1, 1, 3),
    filters: whole(1, 1, 2),
    flip: flag(false),
    input: numbers([], 300),
    kernel: numbers([], 150),
    bias: numbers([0, 0], 2),
    photo: choice("none", ["none", ...Object.keys(PHOTOS)]),
    step: whole(1, 0, 1000),
  };

  get flat() {
    return this.state.dims === "1";
  }

  /** Height and width of input and kernel, as they count now. */
  get shape() {
    const { height, width, kh, kw, channels, filters } = this.state;
    return { height: this.flat ? 1 : height, width, kh: this.flat ? 1 : kh, kw, channels, filters };
  }

  settle(changes) {
    const state = this.state;
    const before = this.before;
    const presets = ["preset_1", "preset_2"].slice(0, state.filters);
    for (const name of presets) {
      if (name in changes && FIXED.includes(state[name]) && !("kh" in changes || "kw" in changes)) state.kh = state.kw = 3;
    }
    const shape = this.shape;
    if (before) {
      // What is there stays where it is when sizes change; new cells get the example's numbers, new weights 0.
      if (state.input.length && !("input" in changes)) state.input = this.inputFrom(before, state.input, shape);
      if (!("kernel" in changes)) {
        const old = before.weights;
        for (const name of presets) {
          const fixed = FIXED.includes(state[name]) && (state.kw !== 3 || (!this.flat && state.kh !== 3));
          if (fixed) state[name] = "custom";
        }
        if (presets.some((name) => state[name] === "custom")) state.kernel = this.kernelFrom(before, old, shape);
      }
    }
    if (state.input.length && state.input.length !== shape.height * shape.width * shape.channels) state.input = [];
    const size = shape.kh * shape.kw * shape.channels * shape.filters;
    if (state.kernel.length && state.kernel.length !== size) {
      state.kernel = Array.from({ length: size }, (_, n) => state.kernel[n] ?? 0);
    }
    state.bias = [state.bias[0] ?? 0, state.bias[1] ?? 0];
    this.layer = {
      ...shape, input: this.numbers(shape), kernel: this.weights(shape), bias: state.bias, padding: state.padding,
      stride: state.stride, dilation: state.dilation, flip: state.flip, flat: this.flat,
    };
    this.before = { ...shape, weights: this.layer.kernel };
    this.result = convolve(this.layer);
    const count = this.result.rows * this.result.columns;
    state.step = Math.min(Math.max(state.step, count ? 1 : 0), count);
    this.pointed = null;
  }

  inputFrom(before, old, { height, width, channels }) {
    const made = [];
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        for (let c = 0; c < channels; c++) {
          const there = i < before.height && j < before.width && c < before.channels;
          const number = there ? old[(i * before.width + j) * before.channels + c] : undefined;
          made.push(number ?? exampleNumber(i, j, c, this.flat));
        }
      }
    }
    return made;
  }

  kernelFrom(before, old, { kh, kw, channels, filters }) {
    const made = [];
    for (let u = 0; u < kh; u++) {
      for (let v = 0; v < kw; v++) {
        for (let c = 0; c < channels; c++) {
          for (let f = 0; f < filters; f++) {
            const there = u < before.kh && v < before.kw && c < before.channels && f < before.filters;
            made.push((there && old[((u * before.kw + v) * before.channels + c) * before.filters + f]) || 0);
          }
        }
      }
    }
    return made;
  }

  /** The input's numbers, (height, width, channels). */
  numbers(shape) {
    return this.state.input.length ? this.state.input : this.inputFrom({ height: 0 }, [], shape);
  }

  /** All weights, (kh, kw, channels, filters). */
  weights({ kh, kw, channels, filters }) {
    const made = this.state.kernel.length ? [...this.state.kernel] : new Array(kh * kw * channels * filters).fill(0);
    for (let f = 0; f < filters; f++) {
      const preset = this.state[`preset_${f + 1}`];
      if (preset === "custom") continue;
      const rows = KERNELS[preset](kh, kw);
      for (let u = 0; u < kh; u++) {
        for (let v = 0; v < kw; v++) {
          for (let c = 0; c < channels; c++) made[((u * kw + v) * channels + c) * filters + f] = rows[u]?.[v] ?? 0;
        }
      }
    }
    return made;
  }

  build() {
    const flat = () => this.flat;
    const deep = () => !this.flat;
    const control = (name, when, label) => this.control(name, { when, label: label && text.labels[label] });
    this.presets = [control("preset_1"), control("preset_2", () => this.state.filters === 2)];
    const controls = h("div", { class: "fig-controls" },
      control("dims"), this.presets,
      control("height", deep), control("width", deep), control("width", flat, "length"),
      control("kh", deep), control("kw", deep), control("kw", flat, "klength"),
      control("padding"), control("stride"), control("dilation"), control("channels"), control("filters"),
      control("flip"));
    const player = this.player({
      count: () => this.result.rows * this.result.columns,
      first: 1,
      show: (step) => text.place(step, this.result.rows * this.result.columns),
    });
    this.panels = ["input", "kernel", "output"].map((name) => h("div", { class: `fig-panel fig-${name}` }));
    this.sum = h("div", { class: "fig-sum" });
    this.formula = h("div", { class: "fig-formula" });
    const { box, pre } = this.code(text.keras);
    this.keras = pre;
    this.append(controls, player, h("div", { class: "fig-stage" }, this.panels), this.sum, this.formula,
      h("div", { class: "fig-folded" },
        h("details", { class: "fig-more" }, h("summary", {}, text.keras), box), this.photoPart()));
    this.grids = { input: [], kernel: [], turned: [], output: [] };
    this.biases = [];
  }

  /** Make the grids that the numbers of channels and filters ask for. */
  arrange() {
    const { channels, filters, flip } = this.state;
    const key = `${channels} ${filters} ${flip}`;
    if (this.arranged === key) return;
    this.arranged = key;
    const grid = (options) => new Grid({ ...options, invalid: text.invalid, say: (words) => this.say(words) });
    const made = (count, make) => Array.from({ length: count }, (_, n) => make(n));
    this.grids.input = made(channels, (c) => grid({
      hint: text.edit,
      editable: (i, j) => this.real(i, j),
      edit: (i, j, number) => this.editInput(i, j, c, number),
      point: (i, j) => this.point(i === null ? null : { input: true, i, j, c }),
    }));
    this.grids.kernel = made(filters * channels, (n) => grid({
      hint: text.edit,
      edit: (u, v, number) => this.editKernel(u, v, n % channels, Math.floor(n / channels), number),
    }));
    this.grids.turned = made(flip ? filters * channels : 0, () => grid({ hint: text.look }));
    this.grids.output = made(filters, (f) => grid({
      hint: text.look,
      point: (i, j) => this.point(i === null ? null : { i, j, f }),
    }));
    this.biases = made(filters, (f) => {
      const input = h("input", { inputmode: "decimal", change: () => this.editBias(f, parse(input.value)) });
      const label = h("label", { class: "fig-field fig-bias" }, h("span", {}, text.bias(f + 1, filters > 1)), input);
      return { input, label };
    });
    const [inputs, kernels, outputs] = this.panels;
    const boxes = (grids) => grids.map((one) => one.element);
    inputs.replaceChildren(...boxes(this.grids.input));
    kernels.replaceChildren(...made(filters, (f) => {
      const own = (grids) => boxes(grids.slice(f * channels, (f + 1) * channels));
      return h("div", { class: "fig-filter" }, own(this.grids.kernel), own(this.grids.turned), this.biases[f].label);
    }));
    outputs.replaceChildren(...boxes(this.grids.output));
  }

  /** Whether a cell of the padded input is a real pixel. */
  real(i, j) {
    const [down, across] = axes(this.layer);
    const [row, column] = [i - down.before, j - across.before];
    return row >= 0 && row < this.layer.height && column >= 0 && column < this.layer.width;
  }

  editInput(i, j, c, number) {
    if (number === null) return this.update();
    const [down, across] = axes(this.layer);
    const input = [...this.layer.input];
    input[((i - down.before) * this.layer.width + j - across.before) * this.layer.channels + c] = number;
    this.set({ input });
  }

  editKernel(u, v, c, f, number) {
    if (number === null) return this.update();
    const { kw, channels, filters } = this.layer;
    const kernel = [...this.layer.kernel];
    kernel[((u * kw + v) * channels + c) * filters + f] = number;
    this.set({ kernel, [`preset_${f + 1}`]: "custom" });
  }

  editBias(f, number) {
    const bias = [...this.state.bias];
    if (Number.isFinite(number)) bias[f] = number;
    else this.say(text.invalid);
    this.set({ bias });
  }

  point(where) {
    this.pointed = where;
    this.highlight();
  }

  draw() {
    this.arrange();
    this.namePresets();
    this.highlight();
    this.biases.forEach(({ input }, f) => {
      if (document.activeElement !== input) input.value = format(this.state.bias[f], 4);
    });
    this.drawFormula();
    this.keras.textContent = this.kerasLine();
    this.drawPhoto();
  }

  namePresets() {
    for (const box of this.presets) {
      for (const option of box.querySelectorAll("option")) {
        option.textContent = (this.flat && text.kernels1[option.value]) || text.kernels[option.value];
        option.hidden = option.disabled = this.flat && option.value === "vertical";
      }
    }
  }

  /** Fill in the grids, with everything marked that belongs to the place in focus. */
  highlight() {
    const { layer, result, state } = this;
    const { height, width, channels, kh, kw, filters } = layer;
    const [down, across] = axes(layer);
    const { pointed } = this;
    const many = { channels: channels > 1, filters: filters > 1 };
    let now = null;
    if (pointed && !pointed.input) now = pointed;
    else if (!pointed && state.step) {
      now = { i: Math.floor((state.step - 1) / result.columns), j: (state.step - 1) % result.columns };
    }
    const hit = new Set();
    const weights = new Map(); // of the pixel in focus: place of the weight to how often
    const places = new Set();
    if (now) {
      for (const { row, column } of products(layer, now.i, now.j, 0)) hit.add(`${row} ${column}`);
      places.add(`${now.i} ${now.j}`);
    } else if (pointed) {
      const [row, column] = [pointed.i - down.before, pointed.j - across.before];
      for (const { i, j, u, v } of meetings(layer, row, column)) {
        places.add(`${i} ${j}`);
        weights.set(`${u} ${v}`, true);
      }
      hit.add(`${row} ${column}`);
    }
    const met = (axis, size, kernel) => {
      const looked = new Set();
      for (let place = 0; place < axis.places; place++) {
        for (let tap = 0; tap < kernel; tap++) looked.add(place * layer.stride + tap * layer.dilation);
      }
      return Array.from({ length: size }, (_, n) => looked.has(n));
    };
    const rows = down.before + height + down.after;
    const columns = across.before + width + across.after;
    const metRows = met(down, rows, kh);
    const metColumns = met(across, columns, kw);
    const largest = Math.max(...layer.input.map(Math.abs), 1e-9);
    this.grids.input.forEach((grid, c) => {
      grid.label(text.input(c + 1, many.channels));
      const here = !pointed?.input || pointed.c === c;
      grid.show(rows, columns,
        (i, j) => (this.real(i, j) ? layer.input[((i - down.before) * width + j - across.before) * channels + c] : 0),
        (i, j) => {
          const marks = [];
          if (!this.real(i, j)) marks.push("fig-pad");
          if (!metRows[i] || !metColumns[j]) marks.push("fig-cut");
          if (here && hit.has(`${i - down.before} ${j - across.before}`)) marks.push("fig-hit");
          return marks.join(" ");
        },
        largest);
    });
    const strongest = Math.max(...layer.kernel.map(Math.abs), 1e-9);
    const weight = (u, v, n) => layer.kernel[((u * kw + v) * channels + (n % channels)) * filters + Math.floor(n / channels)];
    this.grids.kernel.forEach((grid, n) => {
      const label = text.kernel((n % channels) + 1, Math.floor(n / channels) + 1, many.channels, many.filters);
      const here = !pointed?.input || pointed.c === n % channels;
      grid.label(label);
      grid.show(kh, kw, (u, v) => weight(u, v, n), (u, v) => (here && weights.has(`${u} ${v}`) ? "fig-hit" : ""), strongest);
      const turned = this.grids.turned[n];
      if (!turned) return;
      turned.label(text.turned(label));
      turned.show(kh, kw, (u, v) => weight(kh - 1 - u, kw - 1 - v, n), () => "", strongest);
    });
    const greatest = Math.max(...Array.from(result.values, Math.abs), 1e-9);
    this.grids.output.forEach((grid, f) => {
      grid.label(text.output(f + 1, many.filters));
      const here = now?.f === undefined || now.f === f;
      grid.show(result.rows, result.columns,
        (i, j) => (i * result.columns + j < state.step ? result.values[(i * result.columns + j) * filters + f] : NaN),
        (i, j) => (here && places.has(`${i} ${j}`) ? "fig-now" : ""),
        greatest);
    });
    if (now) this.writeSums(now);
    else if (pointed) this.writeMeetings(pointed);
    else {
      this.sum.replaceChildren();
      this.say(text.nothing);
    }
  }

  name(letter, ...places) {
    return `${letter}[${places.join(", ")}]`;
  }

  /** Write out the sum behind one number of the output, for one filter or for both. */
  writeSums({ i, j, f }) {
    const { layer, result } = this;
    const lines = [];
    const said = [];
    for (let filter = 0; filter < layer.filters; filter++) {
      if (f !== undefined && f !== filter) continue;
      const place = [...(this.flat ? [] : [i]), j, ...(layer.filters > 1 ? [filter] : [])];
      const value = result.values[(i * result.columns + j) * layer.filters + filter];
      const name = this.name("y", ...place);
      const channels = [];
      for (const { c, number, weight } of products(layer, i, j, filter)) (channels[c] ??= []).push([number, weight]);
      const shown = channels.map((pairs) => pairs.map(([number, weight]) => product(number, weight)).join(" + "));
      const bias = layer.bias[filter];
      if (bias) shown.push(factor(bias));
      const all = [...channels.flat(2), bias, value];
      const equals = all.every((number) => rounded(number) === number || isFraction(number)) ? "=" : "≈";
      lines.push(h("p", {},
        h("b", {}, name), " = ",
        shown.map((part, n) => h("span", {}, n ? ` + ${part}` : part)),
        ` ${equals} `, h("b", { "data-value": value, class: "fig-result" }, format(value))));
      said.push(`${name} = ${format(value)}`);
    }
    this.sum.replaceChildren(...lines);
    this.say(text.said(i * result.columns + j + 1, result.rows * result.columns, said.join(", ")));
  }

  /** Write where the pixel in focus takes part, and with which weights. */
  writeMeetings({ i, j, c }) {
    const { layer } = this;
    const [down, across] = axes(layer);
    const [row, column] = [i - down.before, j - across.before];
    const real = this.real(i, j);
    const place = [...(this.flat ? [] : [row]), column, ...(layer.channels > 1 ? [c] : [])];
    const name = real ? this.name("x", ...place) : text.padded;
    const number = real ? layer.input[(row * layer.width + column) * layer.channels + c] : 0;
    const where = [];
    for (const { i: a, j: b, u, v } of meetings(layer, row, column)) {
      for (let f = 0; f < layer.filters; f++) {
        const output = [...(this.flat ? [] : [a]), b, ...(layer.filters > 1 ? [f] : [])];
        const weight = layer.kernel[((u * layer.kw + v) * layer.channels + c) * layer.filters + f];
        where.push(text.metAt(this.name("y", ...output), format(weight)));
      }
    }
    const words = where.length ? text.met(name, format(number), where) : text.unmet(name);
    this.sum.replaceChildren(h("p", {}, words));
    this.say(where.length ? text.metIn(name, format(number), where.length) : words);
  }

  drawFormula() {
    const { layer } = this;
    const { stride, dilation } = layer;
    const lines = (name, axis, size, kernel) => {
      const { before, after } = axis;
      const zeros = before === after ? `2${times}${before}` : `${before} + ${after}`;
      const sum = `${size} + ${zeros} − ${dilation}${times}(${kernel} − 1) − 1`;
      return sizeLines(name, axis,
        { what: text.mover, sum, span: span(kernel, dilation), total: size + before + after, stride });
    };
    const [down, across] = axes(layer);
    this.formula.replaceChildren(
      ...(this.flat ? [] : lines("height", down, layer.height, layer.kh)),
      ...lines(this.flat ? "length" : "width", across, layer.width, layer.kw));
  }

  /** The line of Keras that makes the same layer. */
  kerasLine() {
    const { kh, kw, filters, bias, padding, stride, dilation, flip } = this.layer;
    if (stride > 1 && dilation > 1) return text.both;
    const d = this.flat ? "1D" : "2D";
    const options = [filters, this.flat ? kw : `(${kh}, ${kw})`];
    if (stride > 1) options.push(`strides=${stride}`);
    if (padding === "same") options.push('padding="same"');
    if (dilation > 1) options.push(`dilation_rate=${dilation}`);
    if (!bias.slice(0, filters).some(Boolean)) options.push("use_bias=False");
    const layer = `keras.layers.Conv${d}(${options.join(", ")})`;
    const note = flip ? text.flipped(this.flat ? "[::-1]" : "[::-1, ::-1]") : "";
    if (!Number(padding)) return layer + note;
    return `keras.Sequential([\n    keras.layers.ZeroPadding${d}(${padding}),\n    ${layer},${note}\n])`;
  }

  // The photo

  photoPart() {
    const upload = h("input", { type: "file", accept: "image/*", change: () => this.load(upload.files[0]) });
    this.pictures = h("div", { class: "fig-pictures" });
    const controls = h("div", { class: "fig-controls" }, this.control("photo"),
      h("label", { class: "fig-field fig-wide" }, h("span", {}, text.own), upload));
    return h("details", { class: "fig-more", open: this.state.photo !== "none" },
      h("summary", {}, text.photoTitle), controls, this.pictures);
  }

  /** Show a photo. @param {string|Blob|undefined} source */
  async load(source) {
    if (!source) return;
    this.source = source;
    try {
      const photo = await loadPhoto(source);
      if (this.source === source) this.photo = photo; // else another has been chosen meanwhile
    } catch {
      this.say(text.unreadable);
    }
    this.drawPhoto();
  }

  drawPhoto() {
    const { state } = this;
    if (state.photo !== this.picked) {
      this.picked = state.photo;
      this.photo = this.source = null;
      if (state.photo !== "none") this.load(state.photo);
    }
    const { photo } = this;
    if (!photo) return this.pictures.replaceChildren();
    const layer = { ...this.layer, height: photo.height, width: photo.width };
    const key = JSON.stringify([layer.kernel, layer.bias, layer.padding, layer.stride, layer.dilation, layer.flip, layer.flat]);
    if (this.mapped === key && this.mappedPhoto === photo && this.pictures.childElementCount) return;
    this.mapped = key;
    this.mappedPhoto = photo;
    layer.input = channelsOf(photo, layer.channels);
    this.map = mapOf(layer);
    this.pictures.replaceChildren(...this.photoPictures(layer));
  }

  photoPictures(layer) {
    const { photo, map } = this;
    const { channels, filters } = layer;
    const shapeOf = (...sizes) => sizes.join(" × ");
    const made = [framed(text.photoShown(shapeOf(photo.height, photo.width)), photo.height, photo.width, (pixel) => {
      if (channels === 1) return new Array(3).fill(Math.round(255 * layer.input[pixel]));
      return [0, 1, 2].map((c) => (c < channels ? Math.round(255 * layer.input[pixel * channels + c]) : 0));
    })];
    if (!map.values.length) return [...made, h("p", {}, text.tooLarge)];
    const sizes = Array.from(map.values, Math.abs).sort((a, b) => a - b);
    const limit = sizes[Math.floor(0.99 * (sizes.length - 1))] || 1; // a few extremes would make all the rest pale
    for (let f = 0; f < filters; f++) {
      const label = text.mapShown(shapeOf(map.rows, map.columns), f + 1, filters > 1);
      made.push(framed(label, map.rows, map.columns, (pixel) => signedColour(map.values[pixel * filters + f] / limit)));
    }
    return [...made, h("p", {}, text.mapSaid)];
  }
}

/** In one dimension the kernel slides along each row of a photo. */
function mapOf(layer) {
  if (!layer.flat) return convolve(layer);
  const rows = [];
  const size = layer.width * layer.channels;
  for (let i = 0; i < layer.height; i++) {
    rows.push(convolve({ ...layer, height: 1, input: layer.input.subarray(i * size, (i + 1) * size) }));
  }
  return {
    rows: rows[0].columns ? layer.height : 0,
    columns: rows[0].columns,
    values: Float64Array.from(rows.flatMap((row) => [...row.values])),
  };
}

const rounded = (number) => parse(format(number));
const isFraction = (number) => format(number).includes("/");
const factor = (number) => (number < 0 ? `(${format(number)})` : format(number));
const product = (number, weight) => `${factor(number)}${times}${factor(weight)}`;

define("conv-explorer", ConvExplorer);
