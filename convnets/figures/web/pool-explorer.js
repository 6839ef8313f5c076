/** Pooling to be touched: the largest number of each window against the mean, and where the gradient goes back. */

import { Figure, choice, define, format, h, list, numbers, whole } from "./figure.js";
import { Grid } from "./grid.js";
import { IMAGES, SHARES, axes, backward, windowsOf } from "./pool-math.js";
import { sizeLines } from "./sizes.js";

const HOWS = ["max", "average"];

const text = {
  name: "Pooling explorer",
  labels: { how: "Pooling", preset: "Numbers", height: "Input height", width: "Input width", size: "Window", stride: "Stride" },
  options: {
    how: { both: "both" },
    preset: { chapter: "chapter’s", ties: "many zeros", line: "thin line", count: "1, 2, 3 …", custom: "your own" },
    stride: { size: "window" },
  },
  forward: "Forward: one number for each window",
  back: "Back: where the gradient goes",
  input: "Input",
  output: { max: "Max", average: "Average" },
  gradient: "Gradient handed back",
  through: { max: "Through max", average: "Through average" },
  soFar: (label, step, count) => (step < count ? `${label}, ${step === 1 ? "window 1" : `windows 1–${step}`}` : label),
  edit: "Arrow keys move. Enter or a digit changes the number.",
  look: "Arrow keys move. Each cell shows its window.",
  see: "Arrow keys move. Each cell shows what it gets.",
  invalid: "That is not a number; nothing has changed.",
  place: (place, count) => `window ${place} of ${count}`,
  mover: "window",
  nothing: "There is no output.",
  gaps: "The stride is larger than the window, so windows leave gaps: what is hatched is never looked at.",
  keras: "The same in Keras",
  said: (place, count, results, backs) => `Window ${place} of ${count}: ${list(results)}. Back: ${list(backs)}.`,
  result: { max: (number) => `max ${number}`, average: (number) => `average ${number}` },
  toOne: (gradient, cell) => `${gradient} to ${cell}`,
  toEach: (share) => `${share} to each of its cells`,
  winner: (gradient, cell) => `Through max, ${cell} gets the whole gradient, ${gradient}.`,
  tied: (gradient, cells) =>
    `${list(cells)} are equally large. Through max, the first in row order, ${cells[0]}, gets the whole gradient, ${gradient}.`,
  shared: (count, gradient, share) =>
    count === 1 ? `Through average, its only cell gets ${gradient}.`
    : `Through average, each of the ${count} cells gets ${gradient} / ${count} = ${share}.`,
  inside: (name, number, windows) =>
    `${name} = ${number} lies in ${windows.length === 1 ? "one window" : `${windows.length} windows`}: ${list(windows)}.`,
  outside: (name, number) => `${name} = ${number} lies in no window: it plays no part, and no gradient comes back to it.`,
  gets: (how, sum) => `${text.through[how]} it gets ${sum}.`,
  later: (count) => `${count === 1 ? "One of these windows is" : `${count} of these windows are`} still to come.`,
};

export class PoolExplorer extends Figure {
  static text = text;
  static schema = {
    how: choice("both", ["both", ...HOWS]),
    preset: choice("chapter", [...Object.keys(IMAGES), "custom"]),
    height: whole(4, 1, 10),
    width: whole(5, 1, 10),
    size: whole(2, 1, 5),
    stride: choice("size", ["size", "1", "2", "3", "4", "5"]),
    input: numbers([], 100),
    gradient: numbers([], 100),
    step: whole(1, 0, 100),
  };

  settle(changes) {
    const { state, layer } = this;
    const { height, width, size } = state;
    if ("input" in changes && state.input.length) state.preset = "custom";
    const image = IMAGES[state.preset] ?? ((i, j) => this.kept(i, j, "input" in changes ? { width, input: state.input } : layer));
    const input = Array.from({ length: height * width }, (_, n) => image(Math.floor(n / width), n % width, width));
    state.input = state.preset === "custom" ? input : [];
    this.layer = { height, width, size, stride: state.stride === "size" ? size : Number(state.stride), input };
    this.windows = windowsOf(this.layer);
    const count = this.windows.length;
    if (state.gradient.length !== count) state.gradient = [];
    this.gradient = state.gradient.length ? state.gradient : Array.from({ length: count }, (_, n) => 10 * ((n % 9) + 1));
    state.step = Math.min(Math.max(state.step, count ? 1 : 0), count);
    // Who edits a number stays where the number is.
    if (!["input", "gradient"].includes(Object.keys(changes).join())) this.pointed = null;
  }

  /** A number that was there before the size changed; around it are the chapter's. */
  kept(i, j, before) {
    const there = before && j < before.width ? before.input[i * before.width + j] : undefined;
    return there ?? IMAGES.chapter(i, j);
  }

  get hows() {
    return this.state.how === "both" ? HOWS : [this.state.how];
  }

  build() {
    const controls = ["how", "preset", "height", "width", "size", "stride"].map((name) => this.control(name));
    const player = this.player({
      count: () => this.windows.length, first: 1, show: (step) => text.place(step, this.windows.length),
    });
    const grid = (hint, point, edit) =>
      new Grid({ hint, point, edit, invalid: text.invalid, say: (words) => this.say(words) });
    const cell = (i, j) => this.point(i === null ? null : { cell: i * this.layer.width + j });
    const output = (i, j) => this.point(i === null ? null : { window: this.at(i, j) });
    const editing = (name, index) => (i, j, number) =>
      number === null ? this.update() : this.set({ [name]: (this.layer[name] ?? this[name]).with(index(i, j), number) });
    this.input = grid(text.edit, cell, editing("input", (i, j) => i * this.layer.width + j));
    this.handed = grid(text.edit, output, editing("gradient", (i, j) => this.at(i, j)));
    const both = (hint, point) => Object.fromEntries(HOWS.map((how) => [how, grid(hint, point)]));
    this.outputs = both(text.look, output);
    this.backs = both(text.see, cell);
    const stage = (label, ...grids) => [h("p", { class: "fig-caption" }, label),
      h("div", { class: "fig-stage" }, grids.map((one) => one.element))];
    this.sum = h("div", { class: "fig-sum" });
    this.formula = h("div", { class: "fig-formula" });
    const { box, pre } = this.code(text.keras);
    this.keras = pre;
    this.append(h("div", { class: "fig-controls" }, controls), player,
      ...stage(text.forward, this.input, ...Object.values(this.outputs)),
      ...stage(text.back, this.handed, ...Object.values(this.backs)),
      this.sum, this.formula, h("p", { class: "fig-caption" }, text.keras), box);
  }

  /** The number of the window at a place of the output. */
  at(i, j) {
    return i * this.columns + j;
  }

  get columns() {
    return axes(this.layer)[1].places;
  }

  point(where) {
    this.pointed = where;
    this.highlight();
  }

  draw() {
    const { size, stride, height, width } = this.layer;
    for (const how of HOWS) {
      this.outputs[how].element.hidden = this.backs[how].element.hidden = !this.hows.includes(how);
    }
    this.highlight();
    const lines = (name, axis, total) =>
      sizeLines(name, axis, { what: text.mover, sum: `${total} − ${size}`, span: size, total, stride });
    const [down, across] = axes(this.layer);
    this.formula.replaceChildren(...lines("height", down, height), ...lines("width", across, width),
      ...(stride > size && this.windows.length > 1 ? [h("p", { class: "fig-warn" }, text.gaps)] : []));
    const options = stride === size ? size : `${size}, strides=${stride}`;
    this.keras.textContent = this.hows
      .map((how) => `keras.layers.${how === "max" ? "Max" : "Average"}Pooling2D(${options})`).join("\n");
  }

  /** Fill in the grids, with everything marked that belongs to the window, or the cell, in focus. */
  highlight() {
    const { layer, windows, state, pointed, gradient } = this;
    const { height, width, input } = layer;
    const { step } = state;
    const rows = axes(layer)[0].places;
    const columns = rows && this.columns;
    const now = pointed ? windows[pointed.window] : windows[step - 1];
    const lit = now ? [now] : windows.filter(({ cells }) => cells.includes(pointed?.cell));
    const looked = new Set(windows.flatMap(({ cells }) => cells));
    const most = (values) => Math.max(...Array.from(values, Math.abs), 1e-9);
    const hit = (cell) => (now ? now.cells.includes(cell) : cell === pointed?.cell) && "fig-hit";
    const marks = (...names) => names.filter(Boolean).join(" ");
    const max = this.hows.includes("max");
    this.input.label(text.input);
    this.input.show(height, width, (i, j) => input[i * width + j], (i, j) => {
      const cell = i * width + j;
      const place = now && max ? now.largest.indexOf(cell) : -1;
      return marks(!looked.has(cell) && "fig-cut", hit(cell), place === 0 && "fig-now", place > 0 && "fig-tie");
    }, most(input));
    const over = (grid, values, shown) => grid.show(rows, columns,
      (i, j) => (this.at(i, j) < shown ? values[this.at(i, j)] : NaN),
      (i, j) => marks(lit.includes(windows[this.at(i, j)]) && "fig-now"), most(values));
    this.handed.label(text.gradient);
    over(this.handed, gradient, Infinity);
    for (const how of this.hows) {
      this.outputs[how].label(text.output[how]);
      over(this.outputs[how], windows.map((window) => window[how]), step);
      const back = backward(how, windows.slice(0, step), gradient, input.length);
      this.backs[how].label(text.soFar(text.through[how], step, windows.length));
      this.backs[how].show(height, width, (i, j) => back[i * width + j], (i, j) => {
        const cell = i * width + j;
        const gets = now?.cells.includes(cell) && SHARES[how](now, cell, 1);
        return marks(!looked.has(cell) && "fig-cut", hit(cell), gets && "fig-now");
      }, most(back));
    }
    if (now) this.writeWindow(now);
    else if (pointed) this.writeCell(pointed.cell, lit);
    else this.write(text.nothing, []);
  }

  /** The name of a cell of the input, as NumPy has it. */
  name(cell) {
    const { width } = this.layer;
    return `x[${Math.floor(cell / width)}, ${cell % width}]`;
  }

  write(said, lines) {
    this.sum.replaceChildren(...lines.map((line) => h("p", {}, line)));
    this.say(said);
  }

  /** Write out what one window keeps, and how it shares its gradient out. */
  writeWindow(window) {
    const { input } = this.layer;
    const { i, j, cells, largest } = window;
    const values = cells.map((cell) => format(input[cell]));
    const place = this.windows.indexOf(window);
    const gradient = format(this.gradient[place]);
    const share = format(this.gradient[place] / cells.length);
    const inner = { max: `max(${values.join(", ")})`, average: `(${sum(values)}) / ${cells.length}` };
    const lines = this.hows.map((how) => [h("b", {}, `y[${i}, ${j}]`), ` = ${inner[how]} = `,
      h("b", { class: "fig-result", "data-value": window[how] }, format(window[how]))]);
    const names = largest.map((cell) => this.name(cell));
    const back = {
      max: names.length > 1 ? text.tied(gradient, names) : text.winner(gradient, names[0]),
      average: text.shared(cells.length, gradient, share),
    };
    const short = { max: text.toOne(gradient, names[0]), average: text.toEach(share) };
    const said = text.said(place + 1, this.windows.length,
      this.hows.map((how) => text.result[how](format(window[how]))), this.hows.map((how) => short[how]));
    this.write(said, [...lines, ...this.hows.map((how) => back[how])]);
  }

  /** Write in which windows a cell lies, and what it gets from those that have had their turn. */
  writeCell(cell, lit) {
    const name = this.name(cell);
    const number = format(this.layer.input[cell]);
    if (!lit.length) return this.write(text.outside(name, number), [text.outside(name, number)]);
    const turns = lit.map((window) => this.windows.indexOf(window)).filter((place) => place < this.state.step);
    const words = [text.inside(name, number, lit.map(({ i, j }) => `y[${i}, ${j}]`))];
    for (const how of turns.length ? this.hows : []) {
      const parts = turns.map((place) => SHARES[how](this.windows[place], cell, this.gradient[place]));
      const total = format(parts.reduce((a, b) => a + b));
      words.push(text.gets(how, parts.length > 1 ? `${sum(parts.map((part) => format(part)))} = ${total}` : total));
    }
    if (turns.length < lit.length) words.push(text.later(lit.length - turns.length));
    this.write(words.join(" "), words);
  }
}

/** Numbers as a sum: a + b − c. */
const sum = (values) => values.join(" + ").replaceAll("+ −", "− ");

define("pool-explorer", PoolExplorer);
