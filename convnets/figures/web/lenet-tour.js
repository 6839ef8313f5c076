/** Draw a digit, and see what the LeNet that the page has trained makes of it, map by map. */

import { withData } from "./data.js";
import { layersOf, trace } from "./field-math.js";
import { Figure, MOVES, choice, define, flag, format, h, numbers, svg, whole } from "./figure.js";
import { LAYERS, SIDE, bytes, centred, forward, readWeights } from "./lenet-math.js";
import { greyColour, paint, signedColour } from "./photo.js";

const NAMES = Object.keys(LAYERS).slice(0, -1);
const MAPS = NAMES.flatMap((name) => Array.from({ length: LAYERS[name].maps }, (_, map) => ({ name, map })));
const DIGITS = [..."0123456789"];
/** What the layers up to S4 see of the picture. */
const SEEN = trace(SIDE, layersOf([5, 1, 1, 2, 2, 2, 1, 0, 5, 1, 1, 0, 2, 2, 1, 0]));
/** The cells that the pen inks, from its own. */
const PEN = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]];
/** A place in C1 to begin with; the other layers have none as far down and to the right. */
const START = [14, 15];

const text = {
  name: "LeNet tour",
  labels: { digit: "Digit", rub: "Rub out" },
  options: { digit: { own: "own" } },
  clear: "Clear",
  board: "Drawing board. Draw with the pointer, or move the pen with the arrow keys; Space puts it down and lifts it.",
  boardCaption: "Draw here: with mouse or finger, or with arrow keys and Space",
  answers: "What the network answers",
  percent: (share) => `${(100 * share).toFixed(1)} %`,
  maps: "Feature maps",
  layer: (name, { rows, columns, maps, units }) => `${name}: ${units ? `${units} numbers` : `${rows} × ${columns} × ${maps}`}`,
  map: (name, map, { maps }) => (maps > 1 ? `${name}, map ${map + 1} of ${maps}` : name),
  large: "The map, large. Arrow keys move the place.",
  picture: "What the network gets, and what the place sees of it",
  filter: (count) => (count > 1 ? `its filter, a slice for each of ${count} maps` : "its filter"),
  slice: (n) => `Slice ${n + 1} of the filter`,
  tanh: (sum, value, count) => `tanh(${sum}) = ${value}. In the brackets: ${count} products and a bias.`,
  mean: (parts, value) => `(${parts.join(" + ")}) / 4 = ${value}, the mean of the four numbers in the window of the map before.`,
  legend: "Blue below zero, white at zero, red above. Maps with a dashed frame are those that the chosen one reads.",
  ready: "As in MNIST, your drawing is made to fit 20 × 20 pixels and moved until its centre of mass is in the middle.",
  pen: (row, column, down) => `Pen ${down ? "down" : "up"} at row ${row}, column ${column}.`,
  at: (map, row, column, value) => `${map}, place (${row}, ${column}): ${value}.`,
  sees: (rows, columns) => `It sees rows ${rows} and columns ${columns}.`,
  all: "It sees the whole picture.",
  range: (low, high) => `${low} to ${high}`,
  read: (digit, share) => `The network reads ${digit}, with ${share}.`,
  empty: "Nothing is drawn. It has to answer one of ten all the same.",
};

export class LenetTour extends withData(Figure) {
  static text = text;
  static schema = {
    digit: choice("4", [...DIGITS, "own"]),
    ink: numbers([], SIDE),
    rub: flag(false),
    step: whole(0, 0, MAPS.length - 1),
    row: whole(START[0], 0, SIDE - 1),
    column: whole(START[1], 0, SIDE - 1),
  };

  settle(changes) {
    const { state, given } = this;
    given.read ??= { weights: readWeights(given.weights), digits: bytes(given.digits) };
    // Who takes up the pen goes on with the digit that is there.
    if ("digit" in changes && !("ink" in changes)) state.ink = state.digit === "own" ? inkOf(this.cells) : [];
    if (state.ink.length) state.digit = "own";
    const key = `${state.digit} ${state.ink}`;
    if (key !== this.key28) {
      this.key28 = key;
      const own = state.digit === "own";
      const real = given.read.digits.subarray(SIDE * SIDE * state.digit).subarray(0, SIDE * SIDE);
      this.cells = own
        ? Uint8Array.from({ length: SIDE * SIDE }, (_, n) => (state.ink[Math.floor(n / SIDE)] >> (SIDE - 1 - (n % SIDE))) & 1)
        : Uint8Array.from(real, (byte) => byte > 127);
      this.picture = own ? centred(this.cells) : Float64Array.from(real, (byte) => byte / 255);
      this.found = forward(given.read.weights, this.picture);
      this.fresh = true;
    }
    const begins = state.row === START[0] && state.column === START[1];
    const before = LAYERS[begins ? "C1" : (this.map?.name ?? "C1")];
    this.map = MAPS[state.step];
    const now = LAYERS[this.map.name];
    for (const [name, side] of [["row", "rows"], ["column", "columns"]]) {
      // The same part of the picture, in a map of another size.
      if (begins || !(name in changes)) state[name] = Math.floor(((state[name] + 0.5) / before[side]) * now[side]);
      state[name] = Math.min(state[name], now[side] - 1);
    }
  }

  build() {
    this.pen = [6, 9];
    this.board = scene({
      tabindex: 0, role: "application", "aria-label": text.board, keydown: (event) => this.penKey(event),
      pointerdown: (event) => event.isPrimary && !event.button && this.drag(event, true),
      pointermove: (event) => this.drawing && event.isPrimary && this.drag(event),
      lostpointercapture: () => {
        this.drawing = false;
        this.pen = this.pen.map((at) => Math.min(SIDE - 1, Math.max(0, at)));
        this.draw();
      },
      focus: () => this.draw(), blur: () => this.draw(),
    });
    this.board.box.classList.add("fig-board");
    this.seen = scene({ role: "img", "aria-label": text.picture });
    this.large = scene({
      tabindex: 0, role: "application", "aria-label": text.large, keydown: (event) => this.placeKey(event),
      pointerdown: (event) => this.set(Object.fromEntries(this.large.at(event).map((at, n) => [["row", "column"][n], at]))),
    });
    this.bars = DIGITS.map((digit) => {
      const [bar, share] = [h("span", { class: "fig-bar" }), h("td")];
      return { bar, share, row: h("tr", {}, h("th", { scope: "row" }, digit), h("td", {}, bar), share) };
    });
    this.options = MAPS.map(({ name, map }, n) => h(
      "div",
      {
        role: "option", id: `${this.key}-${n}`, "aria-label": text.map(name, map, LAYERS[name]), click: () => this.set({ step: n }),
      },
      h("canvas", { style: `width: ${LAYERS[name].units ? 90 : Math.max(24, 2 * LAYERS[name].columns)}px` })));
    const groups = NAMES.map((name) => {
      const label = text.layer(name, LAYERS[name]);
      return h("div", { role: "group", "aria-label": label }, h("span", { "aria-hidden": "true" }, label),
        this.options.filter((_, n) => MAPS[n].name === name));
    });
    this.list = h("div", {
      class: "fig-maps", role: "listbox", tabindex: 0, "aria-label": text.maps, keydown: (event) => this.listKey(event),
    }, groups);
    this.sum = h("p", { class: "fig-sum" });
    this.filters = h("div", { class: "fig-pictures" });
    this.filterCaption = h("p", { class: "fig-caption" });
    this.mapCaption = h("p", { class: "fig-caption" });
    const panel = (scene, caption) => h("div", {}, scene.box, caption);
    const note = (words) => h("p", { class: "fig-caption" }, words);
    const clear = this.button(text.clear, () => this.set({ digit: "own", ink: [] }));
    this.append(
      h("div", { class: "fig-controls" }, this.control("digit"), clear, this.control("rub")),
      h("div", { class: "fig-stage fig-draw" }, panel(this.board, note(text.boardCaption)),
        h("table", { class: "fig-table" }, h("caption", {}, text.answers), h("tbody", {}, this.bars.map(({ row }) => row)))),
      note(text.ready), this.list, note(text.legend),
      this.player({
        count: () => MAPS.length - 1, show: (step) => text.map(MAPS[step].name, MAPS[step].map, LAYERS[MAPS[step].name]),
      }),
      h("div", { class: "fig-stage" }, panel(this.seen, note(text.picture)), panel(this.large, this.mapCaption),
        h("div", { class: "fig-filters" }, this.filters, this.filterCaption)),
      this.sum);
  }

  // The pen

  /** Ink or rub out the cells under the pen. */
  mark(cells, [row, column]) {
    for (const [down, across] of PEN) {
      const [i, j] = [row + down, column + across];
      if (i >= 0 && i < SIDE && j >= 0 && j < SIDE) cells[i * SIDE + j] = this.state.rub ? 0 : 1;
    }
  }

  drag(event, first) {
    const to = this.board.at(event);
    if (first) {
      this.board.box.setPointerCapture(event.pointerId);
      this.drawing = true;
      this.pen = to;
    }
    const [from, cells] = [this.pen, this.cells.slice()];
    const count = Math.max(1, ...to.map((at, n) => Math.abs(at - from[n])));
    for (let n = 0; n <= count; n++) this.mark(cells, to.map((at, m) => Math.round(from[m] + ((at - from[m]) * n) / count)));
    this.pen = to;
    this.set({ digit: "own", ink: inkOf(cells) });
  }

  penKey(event) {
    const move = MOVES[event.key];
    if (event.key === " ") this.down = !this.down;
    else if (move) this.pen = this.pen.map((at, n) => Math.min(SIDE - 1, Math.max(0, at + move[n])));
    else return;
    event.preventDefault();
    if (!this.down) return this.draw();
    const cells = this.cells.slice();
    this.mark(cells, this.pen);
    this.set({ digit: "own", ink: inkOf(cells) });
  }

  // The maps

  listKey(event) {
    const { name, map } = this.map;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const layer = NAMES[NAMES.indexOf(name) + ({ ArrowUp: -1, ArrowDown: 1 }[event.key] ?? NaN)];
    let step = this.state.step + by;
    if (event.key === "Home") step = 0;
    else if (event.key === "End") step = MAPS.length - 1;
    else if (layer) step = MAPS.findIndex((one) => one.name === layer) + Math.min(map, LAYERS[layer].maps - 1);
    if (!Number.isNaN(step)) this.set({ step });
    if (event.key in MOVES || !Number.isNaN(step)) event.preventDefault();
  }

  placeKey(event) {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    this.set({ row: this.state.row + move[0], column: this.state.column + move[1] });
  }

  // What is to be seen

  draw() {
    if (this.fresh) {
      this.fresh = false;
      paint(this.board.canvas, SIDE, SIDE, (n) => greyColour(this.cells[n]));
      paint(this.seen.canvas, SIDE, SIDE, (n) => greyColour(this.picture[n]));
      MAPS.forEach((one, n) => this.paintMap(this.options[n].firstChild, one));
    }
    const shares = this.found.output.values;
    const best = shares.indexOf(Math.max(...shares));
    this.bars.forEach(({ bar, share, row }, digit) => {
      bar.style.width = `${100 * shares[digit]}%`;
      share.textContent = text.percent(shares[digit]);
      share.dataset.value = shares[digit];
      row.classList.toggle("fig-best", digit === best);
    });
    const focused = document.activeElement === this.board.box;
    this.board.frame(focused || this.down ? [this.pen[0] - 1, this.pen[1] - 1, 3, 3] : null);
    const answer = this.picture.some(Boolean) ? text.read(best, text.percent(shares[best])) : text.empty;
    const place = this.drawPlace();
    this.say(`${focused ? text.pen(...this.pen, this.down || this.drawing) : place} ${answer}`);
  }

  paintMap(canvas, { name, map }) {
    const { rows, columns, maps } = LAYERS[name];
    paint(canvas, rows, columns, (n) => signedColour(this.found[name].values[n * maps + map]));
  }

  /** Show the map that has been chosen, and what the place in it comes from. @returns {string} The same in words. */
  drawPlace() {
    const { map: { name, map }, state: { step, row, column } } = this;
    const layer = LAYERS[name];
    const number = NAMES.indexOf(name);
    const before = NAMES[number - 1];
    const { sums, values } = this.found[name];
    const at = (row * layer.columns + column) * layer.maps + map;
    this.options.forEach((option, n) => {
      const other = MAPS[n];
      option.setAttribute("aria-selected", n === step);
      option.classList.toggle("fig-reads", other.name === before && (Boolean(layer.kernel) || other.map === map));
    });
    this.list.setAttribute("aria-activedescendant", this.options[step].id);
    this.paintMap(this.large.canvas, this.map);
    this.large.frame([row, column, 1, 1]);
    const label = text.map(name, map, layer);
    this.mapCaption.textContent = label;
    const channels = before ? (LAYERS[before].units ?? LAYERS[before].maps) : 1;
    this.drawFilter(name, channels);
    if (layer.kernel) {
      this.sum.textContent = text.tanh(format(sums[at], 3), format(values[at], 3), layer.kernel ** 2 * channels);
    } else {
      const numbers = this.found[before].values;
      const width = LAYERS[before].columns;
      const parts = [0, 1, width, width + 1].map((n) => numbers[(2 * row * width + 2 * column + n) * channels + map]);
      this.sum.textContent = text.mean(parts.map((part) => format(part, 3)), format(values[at], 3));
    }
    const { offset, step: apart, field } = SEEN[number + 1] ?? {};
    const corner = [row, column].map((n) => offset + n * apart - (field - 1) / 2);
    this.seen.frame(layer.units ? [0, 0, SIDE, SIDE] : [...corner, field, field]);
    const [rows, columns] = corner.map((low) => text.range(Math.max(0, low), Math.min(SIDE, low + field) - 1));
    return `${text.at(label, row, column, format(values[at], 3))} ${layer.units ? text.all : text.sees(rows, columns)}`;
  }

  drawFilter(name, channels) {
    const { kernel: size, units, maps } = LAYERS[name];
    const shown = size && !units;
    this.filterCaption.textContent = shown ? text.filter(channels) : "";
    const { kernel } = this.given.read.weights[name] ?? {};
    const weight = (n, c) => kernel[(n * channels + c) * maps + this.map.map];
    const all = shown ? Array.from({ length: size * size * channels }, (_, n) => weight(Math.floor(n / channels), n % channels)) : [];
    const largest = Math.max(...all.map(Math.abs));
    this.filters.replaceChildren(...Array.from({ length: shown ? channels : 0 }, (_, c) => {
      const canvas = h("canvas", { class: "fig-slice", role: "img", "aria-label": text.slice(c) });
      paint(canvas, size, size, (n) => signedColour(weight(n, c) / largest));
      return canvas;
    }));
  }
}

/** A canvas with a frame that can be put around some of its pixels. */
function scene(attributes) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const rects = [svg("rect"), svg("rect")]; // a dark edge and a bright line
  const overlay = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "none" }, rects);
  const box = h("div", { ...attributes, class: "fig-map fig-scene" }, canvas, overlay);
  return {
    box, canvas,
    /** Row and column of the pixel that is pointed at. */
    at(event) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      return [
        Math.floor(((event.clientY - top) / height) * canvas.height), Math.floor(((event.clientX - left) / width) * canvas.width),
      ];
    },
    frame(place) {
      overlay.setAttribute("viewBox", `0 0 ${canvas.width} ${canvas.height}`);
      for (const rect of rects) {
        rect.toggleAttribute("hidden", !place);
        ["y", "x", "height", "width"].forEach((name, n) => place && rect.setAttribute(name, place[n]));
      }
    },
  };
}

/** Write a drawing as numbers, one for each row, with a bit for each cell. */
function inkOf(cells) {
  if (!cells.some(Boolean)) return [];
  return Array.from({ length: SIDE }, (_, i) => cells.subarray(SIDE * i, SIDE * i + SIDE).reduce((bits, cell) => 2 * bits + cell, 0));
}

define("lenet-tour", LenetTour);
