/** Stack layers, and see which pixels one number behind them sees. */

import { layersOf, paths, trace } from "./field-math.js";
import { Figure, choice, define, h, numbers, svg, whole } from "./figure.js";

const WIDTH = 640;
const MOST = 8;
const LIMITS = { kernel: [1, 7], stride: [1, 3], dilation: [1, 4], padding: [0, 3] };
const FIELDS = Object.keys(LIMITS);

const PRESETS = {
  one: [3, 1, 1, 0],
  two: [3, 1, 1, 0, 3, 1, 1, 0],
  four: [3, 1, 1, 0, 3, 1, 1, 0, 3, 1, 1, 0, 3, 1, 1, 0],
  strided: [3, 2, 1, 0, 3, 1, 1, 0],
  dilated: [3, 1, 1, 0, 3, 1, 2, 0, 3, 1, 4, 0],
  lenet: [5, 1, 1, 2, 2, 2, 1, 0, 5, 1, 1, 0, 2, 2, 1, 0],
};

const text = {
  name: "Receptive field",
  labels: { preset: "Layers", size: "Size of the image", row: "Output row", column: "Output column" },
  options: {
    preset: {
      one: "one of 3 × 3", two: "two of 3 × 3", four: "four of 3 × 3", strided: "strides 2 and 1",
      dilated: "dilations 1, 2, 4", lenet: "LeNet to S4", custom: "your own",
    },
  },
  columns: ["layer", "kernel", "stride", "dilation", "padding", "size", "sees", "step"],
  cell: (layer, field) => `Layer ${layer}, ${field}`,
  table: "The layers",
  add: "Add a layer",
  remove: "Remove the last layer",
  image: "image",
  level: (n) => `layer ${n}`,
  cone: "The image as the lowest row of dots, each layer a row above; what one number of the output depends on is lit.",
  map: (rows, columns, size) => `Image of ${size} × ${size} pixels; rows ${rows} and columns ${columns} are seen.`,
  legend: "The stronger the colour of a pixel, the more paths lead to it. The frame is the receptive field; it may reach into the padding.",
  range: (low, high) => (low === high ? `${low}` : `${low} to ${high}`),
  said: (row, column, field, rows, columns) =>
    `Number (${row}, ${column}) of the output has a receptive field of ${field} × ${field} pixels. ` +
    `In the image it sees rows ${rows} and columns ${columns}.`,
  none: "The image is too small for these layers: nothing comes out.",
  nothing: "none",
};

export class ReceptiveField extends Figure {
  static text = text;
  static schema = {
    preset: choice("two", [...Object.keys(PRESETS), "custom"]),
    size: whole(17, 1, 40),
    layers: numbers(PRESETS.two, 4 * MOST),
    row: whole(6, 0, 40),
    column: whole(6, 0, 40),
    step: whole(84, 0, 2000),
  };

  settle(changes) {
    const { state } = this;
    if ("preset" in changes && state.preset !== "custom" && (!("layers" in changes) || !this.levels)) {
      state.layers = [...PRESETS[state.preset]];
    } else if ("layers" in changes) {
      const list = state.layers.slice(0, 4 * Math.floor(state.layers.length / 4));
      state.layers = list.map((given, n) => {
        const [low, high] = LIMITS[FIELDS[n % 4]];
        return Math.min(high, Math.max(low, Math.round(given)));
      });
      if (!list.length) state.layers = [...PRESETS.one];
      const same = Object.keys(PRESETS).find((name) => PRESETS[name].join() === state.layers.join());
      state.preset = same ?? "custom";
    }
    this.stack = layersOf(state.layers);
    this.levels = trace(state.size, this.stack);
    const last = Math.max(0, this.levels.at(-1).size - 1);
    // Steps walk through the output row by row.
    if ("step" in changes && !("row" in changes) && this.ready) {
      [state.row, state.column] = [Math.floor(state.step / (last + 1)), state.step % (last + 1)];
    } else if ("preset" in changes && !("row" in changes)) state.row = state.column = last >> 1;
    state.row = Math.min(state.row, last);
    state.column = Math.min(state.column, last);
    state.step = state.row * (last + 1) + state.column;
    this.ready = true;
    this.counts = [state.row, state.column].map((index) => paths(this.levels, this.stack, index));
  }

  build() {
    const { schema } = this.constructor;
    const { box: table, body } = this.table(text.table, text.columns);
    this.body = body;
    this.add = this.button(text.add, () => this.set({ layers: [...this.state.layers, 3, 1, 1, 0] }));
    this.drop = this.button(text.remove, () => this.set({ layers: this.state.layers.slice(0, -4) }));
    this.cone = svg("svg", { class: "fig-chart fig-cone", role: "img", "aria-label": text.cone });
    this.map = svg("svg", { class: "fig-pixels", role: "img" });
    const place = (name) => {
      const box = this.slider(name, { ...schema[name], low: 0, high: 40 }, text.labels[name], { show: String });
      this.syncs.push(() => (box.querySelector("input").max = Math.max(0, this.levels.at(-1).size - 1)));
      return box;
    };
    const side = () => this.levels.at(-1).size;
    this.append(
      h("div", { class: "fig-controls" }, this.control("preset"), this.control("size")),
      table,
      h("p", { class: "fig-foot" }, this.add, this.drop),
      h("div", { class: "fig-controls" }, place("row"), place("column")),
      this.player({
        count: () => Math.max(0, side() ** 2 - 1), rate: () => 4, show: () => `(${this.state.row}, ${this.state.column})`,
      }),
      h("div", { class: "fig-stage" }, this.cone, this.map), h("p", { class: "fig-caption" }, text.legend));
  }

  draw() {
    this.drawTable();
    this.add.disabled = this.stack.length >= MOST;
    this.drop.disabled = this.stack.length < 2;
    this.drawCone();
    this.drawMap();
    const { row, column } = this.state;
    if (!this.levels.at(-1).size) return this.say(text.none);
    const [rows, columns] = this.counts.map((counts) => seen(counts[0]));
    this.say(text.said(row, column, this.levels.at(-1).field, rows, columns));
  }

  /** The rows of the table; they are made again only when there are more or fewer of them, to keep the focus. */
  drawTable() {
    if (this.body.childElementCount !== this.stack.length) {
      this.body.replaceChildren(...this.stack.map((_, n) => h("tr", {},
        h("th", { scope: "row" }, String(n + 1)),
        FIELDS.map((field, m) => {
          const [min, max] = LIMITS[field];
          const input = h("input", {
            type: "number", min, max, "aria-label": text.cell(n + 1, text.columns[m + 1]),
            input: () => input.value !== "" && this.set({ layers: this.state.layers.with(4 * n + m, Number(input.value)) }),
          });
          return h("td", {}, input);
        }),
        h("td"), h("td"), h("td"))));
    }
    [...this.body.rows].forEach((row, n) => {
      row.querySelectorAll("input").forEach((input, m) => {
        const value = this.state.layers[4 * n + m];
        if (Number(input.value) !== value || input.value === "") input.value = value;
      });
      const { size, field, step } = this.levels[n + 1];
      [size, field, step].forEach((value, m) => {
        row.cells[5 + m].textContent = value;
        row.cells[5 + m].dataset.value = value;
      });
    });
  }

  drawCone() {
    const { levels, stack } = this;
    const counts = this.counts[1];
    const gap = 54;
    const left = 96;
    const height = gap * levels.length;
    const unit = (WIDTH - left - 12) / Math.max(1, this.state.size - 1);
    const x = (l, n) => left + unit * (levels[l].offset + n * levels[l].step);
    const y = (l) => height - gap * l - gap / 2;
    const dim = [];
    const lit = [];
    const lines = [];
    const labels = [];
    const size = Math.min(5, unit / 2.6);
    levels.forEach((level, l) => {
      labels.push(svg("text", { x: 0, y: y(l) + 5 }, l ? text.level(l) : text.image));
      for (let n = 0; n < level.size; n++) {
        (counts[l][n] ? lit : dim).push(`M${x(l, n) - size} ${y(l)}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0`);
        if (!l || !counts[l][n]) continue;
        const { kernel, stride, dilation, padding } = stack[l - 1];
        for (let tap = 0; tap < kernel; tap++) {
          const from = n * stride + tap * dilation - padding;
          if (from >= 0 && from < levels[l - 1].size) lines.push(`M${x(l, n)} ${y(l)}L${x(l - 1, from)} ${y(l - 1)}`);
        }
      }
    });
    this.cone.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    const path = (parts, kind) => svg("path", { d: parts.join(""), class: kind });
    this.cone.replaceChildren(path(lines, "fig-links"), path(dim, "fig-dim"), path(lit, "fig-lit"), ...labels);
  }

  drawMap() {
    const { size } = this.state;
    const [down, across] = this.counts.map((counts) => counts[0]);
    const most = Math.max(...down) * Math.max(...across) || 1;
    const parts = [];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const share = (down[i] * across[j]) / most;
        if (share) parts.push(svg("rect", { x: j, y: i, width: 1, height: 1, "fill-opacity": (0.15 + 0.85 * share).toFixed(3) }));
      }
    }
    const { offset, step, field, size: last } = this.levels.at(-1);
    const corner = (index) => offset + index * step - (field - 1) / 2;
    const frame = last && svg("rect", {
      x: corner(this.state.column), y: corner(this.state.row), width: field, height: field, class: "fig-frame",
    });
    const grid = Array.from({ length: size + 1 }, (_, n) => `M0 ${n}h${size}M${n} 0v${size}`).join("");
    this.map.setAttribute("viewBox", `-0.2 -0.2 ${size + 0.4} ${size + 0.4}`);
    this.map.setAttribute("aria-label", text.map(seen(down), seen(across), size));
    this.map.replaceChildren(...parts, svg("path", { d: grid, class: "fig-lines" }), ...(frame ? [frame] : []));
  }
}

function seen(counts) {
  const places = [...counts.keys()].filter((n) => counts[n]);
  return places.length ? text.range(places[0], places.at(-1)) : text.nothing;
}

define("receptive-field", ReceptiveField);
