/** Stack layers, and see what each makes of the shape, what it costs, and how Keras writes it. */

import { Figure, choice, define, h, numbers, whole } from "./figure.js";
import { KINDS, PER_LAYER, codeOf, layersOf, trace } from "./shape-math.js";

const MOST = 10;
const LIMITS = [[0, KINDS.length - 1], [1, 4096], [1, 15], [1, 15], [1, 8], [0, 1]];
const NEW = [0, 8, 3, 3, 1, 0];
const FLATTEN = [3, 1, 1, 1, 1, 0];
const dense = (units) => [4, units, 1, 1, 1, 0];

const PRESETS = {
  small: { height: 32, width: 32, channels: 3, layers: [[0, 4, 3, 3, 1, 0], FLATTEN, dense(10)].flat() },
  lenet: {
    height: 28, width: 28, channels: 1,
    layers: [
      [0, 6, 5, 5, 1, 1], [2, 1, 2, 2, 2, 0], [0, 16, 5, 5, 1, 0], [2, 1, 2, 2, 2, 0], FLATTEN, dense(120), dense(84), dense(10),
    ].flat(),
  },
  halving: {
    height: 64, width: 48, channels: 3,
    layers: [[0, 16, 3, 3, 2, 1], [0, 32, 3, 3, 2, 1], [0, 64, 3, 3, 2, 1], FLATTEN, dense(10)].flat(),
  },
  toofar: {
    height: 20, width: 20, channels: 1,
    layers: [[0, 8, 5, 5, 1, 0], [1, 1, 2, 2, 2, 0], [0, 16, 5, 5, 1, 0], [1, 1, 2, 2, 2, 0], [0, 32, 5, 5, 1, 0]].flat(),
  },
};
const SIZES = ["height", "width", "channels"];
/** Which settings a kind of layer has, by their places. */
const USES = { Conv2D: [1, 2, 3, 4, 5], MaxPooling2D: [2, 3, 4, 5], AveragePooling2D: [2, 3, 4, 5], Flatten: [], Dense: [1] };

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
const by = (shape) => shape.join(" × ");

const text = {
  name: "Shape tracer",
  labels: { preset: "Network", height: "Height", width: "Width", channels: "Channels", step: "Explain layer (0: all)" },
  options: {
    preset: { small: "small", lenet: "LeNet-5", halving: "strides of 2", toofar: "too small", custom: "your own" },
  },
  columns: ["layer", "filters, units", "down", "across", "stride", "padding", "output", "parameters", "products"],
  cell: (layer, field) => `Layer ${layer}, ${field}`,
  kinds: { MaxPooling2D: "MaxPool", AveragePooling2D: "AvgPool" },
  paddings: ["valid", "same"],
  table: "The layers, what comes out of each, its parameters, and its products: the multiplications for one image",
  add: "Add a layer",
  remove: "Remove the last layer",
  code: "The network in Keras",
  all: (shape, parameters, products) =>
    `What comes out: ${by(shape)}. Together ${grouped(parameters)} parameters and ${grouped(products)} multiplications for an image.`,
  window: (n, kind, window, shape) =>
    `Layer ${n}, ${kind}: a window of ${by(window)} does not fit into ${by(shape)}. ` +
    "Make the window smaller, choose the padding same, or take a layer out.",
  flat: (n, kind) => `Layer ${n}, ${kind}: after Flatten there is no height and no width left for a window to slide over.`,
  size: (size, window, stride, same, out) =>
    same ? `⌈${size} / ${stride}⌉ = ${out}` : `⌊(${size} − ${window}) / ${stride}⌋ + 1 = ${out}`,
  slides: (n, kind, down, across) => `Layer ${n}, ${kind}: ${down} down, ${across} across.`,
  weights: (window, depth, count, sum) =>
    ` Parameters: (${window.join(" · ")} · ${depth} + 1) · ${count} = ${grouped(sum)}.`,
  none: " No parameters; the channels stay.",
  flatten: (n, before, after) => `Layer ${n}, Flatten: ${before.join(" · ")} = ${grouped(after)} numbers in a row.`,
  dense: (n, inputs, units, sum) => `Layer ${n}, Dense: ${inputs} inputs. Parameters: (${inputs} + 1) · ${units} = ${grouped(sum)}.`,
  missing: "–",
};

export class ShapeTracer extends Figure {
  static text = text;
  static schema = {
    preset: choice("small", [...Object.keys(PRESETS), "custom"]),
    height: whole(32, 1, 1024),
    width: whole(32, 1, 1024),
    channels: whole(3, 1, 512),
    layers: numbers(PRESETS.small.layers, PER_LAYER * MOST),
    step: whole(0, 0, MOST),
  };

  settle(changes) {
    const { state } = this;
    const isDefault = (name) => String(state[name]) === String(PRESETS.small[name]);
    if (state.preset !== "custom" && "preset" in changes && (!("layers" in changes) || isDefault("layers"))) {
      const preset = PRESETS[state.preset];
      for (const name of SIZES) if (!(name in changes) || isDefault(name)) state[name] = preset[name];
      state.layers = [...preset.layers];
    }
    const whole = PER_LAYER * Math.floor(state.layers.length / PER_LAYER);
    state.layers = (whole ? state.layers.slice(0, whole) : NEW).map((given, n) => {
      const [low, high] = LIMITS[n % PER_LAYER];
      return Math.min(high, Math.max(low, Math.round(given)));
    });
    const same = (name) => [...SIZES, "layers"].every((each) => String(PRESETS[name][each]) === String(state[each]));
    state.preset = Object.keys(PRESETS).find(same) ?? "custom";
    this.shape = SIZES.map((name) => state[name]);
    this.stack = layersOf(state.layers);
    this.found = trace(this.shape, this.stack);
    state.step = Math.min(state.step, this.stack.length);
  }

  build() {
    const { box, body } = this.table(text.table, text.columns);
    this.body = body;
    this.add = this.button(text.add, () => this.set({ layers: [...this.state.layers, ...NEW] }));
    this.drop = this.button(text.remove, () => this.set({ layers: this.state.layers.slice(0, -PER_LAYER) }));
    this.keras = this.code(text.code);
    this.append(
      h("div", { class: "fig-controls" }, this.control("preset"), SIZES.map((name) => this.control(name))),
      box,
      h("p", { class: "fig-foot" }, this.add, this.drop),
      h("div", { class: "fig-controls" }, this.control("step")),
      h("p", { class: "fig-caption" }, text.code), this.keras.box);
  }

  draw() {
    if (this.body.childElementCount !== this.stack.length) {
      this.body.replaceChildren(...this.stack.map((_, n) => this.row(n)));
    }
    [...this.body.rows].forEach((row, n) => this.fill(row, n));
    this.add.disabled = this.stack.length >= MOST;
    this.drop.disabled = this.stack.length < 2;
    this.keras.pre.textContent = codeOf(this.shape, this.stack);
    this.say(this.words());
  }

  /** A row of the table: what can be set of a layer, and three cells for what comes of it. */
  row(n) {
    const give = (place) => (event) =>
      event.target.value !== "" && this.set({ layers: this.state.layers.with(PER_LAYER * n + place, Number(event.target.value)) });
    const select = (place, label, words) => h("select", { "aria-label": text.cell(n + 1, label), change: give(place) },
      words.map((word, value) => h("option", { value }, word)));
    const inputs = LIMITS.map(([min, max], place) => {
      if (place === 0) return select(place, text.columns[0], KINDS.map((kind) => text.kinds[kind] ?? kind));
      if (place === 5) return select(place, text.columns[5], text.paddings);
      return h("input", { type: "number", min, max, "aria-label": text.cell(n + 1, text.columns[place]), input: give(place) });
    });
    return h("tr", {}, inputs.map((input) => h("td", {}, input)), h("td"), h("td"), h("td"));
  }

  fill(row, n) {
    row.querySelectorAll("input, select").forEach((input, place) => {
      const value = this.state.layers[PER_LAYER * n + place];
      if (Number(input.value) !== value || input.value === "") input.value = value;
      input.hidden = place > 0 && !USES[this.stack[n].kind].includes(place);
    });
    const made = this.found[n];
    const shown = !made || made.trouble ? Array(3).fill(text.missing)
      : [by(made.shape), grouped(made.parameters), grouped(made.products)];
    shown.forEach((words, place) => (row.cells[PER_LAYER + place].textContent = words));
  }

  words() {
    const last = this.found.at(-1);
    const n = last.trouble ? this.found.length : this.state.step;
    if (!n) {
      const sum = (name) => this.found.reduce((all, made) => all + made[name], 0);
      return text.all(last.shape, sum("parameters"), sum("products"));
    }
    const { kind, window, stride, same, count } = this.stack[n - 1];
    const name = text.kinds[kind] ?? kind;
    const before = n > 1 ? this.found[n - 2].shape : this.shape;
    const { shape, parameters, trouble } = this.found[n - 1];
    if (trouble) return trouble === "flat" ? text.flat(n, name) : text.window(n, name, window, before.slice(0, 2));
    if (kind === "Flatten") return text.flatten(n, before, shape[0]);
    if (kind === "Dense") return text.dense(n, before.at(-1), count, parameters);
    const sizes = window.map((size, axis) => text.size(before[axis], size, stride, same, shape[axis]));
    const cost = kind === "Conv2D" ? text.weights(window, before[2], count, parameters) : text.none;
    return text.slides(n, name, ...sizes) + cost;
  }
}

define("shape-tracer", ShapeTracer);
