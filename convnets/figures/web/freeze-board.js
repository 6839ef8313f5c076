/** The blocks of a trained network, each frozen or free, and what that means: parameters, code, measured runs. */

import { withData } from "./data.js";
import { Figure, choice, define, h, numbers, whole } from "./figure.js";

const text = {
  name: "Freeze board",
  labels: { start: "Weights", classes: "Classes", step: "Free at the end" },
  block: (name) => name.replace(/(\d)/, " $1"),
  head: "head",
  free: "free",
  frozen: "frozen",
  kernels: (count) => `kernels ${count}`,
  norm: (count, free) => `batch norm ${count}${free ? "" : ", frozen"}`,
  units: (count) => `dense ${count}`,
  always: "always free",
  bar: (share) => `${share} of the parameters train`,
  thousands: (number) => number.toLocaleString("en-GB"),
  whole: (share) => (100 * share).toFixed(0),
  percent: (share) => `${(100 * share).toFixed(share < 0.1 || (share > 0.99 && share < 1) ? 1 : 0)} %`,
  trained: "With trained weights, batch normalisation stays frozen in every block, also in a free one.",
  random: "With random weights there is nothing to keep: the batch normalisation of a free block trains, too.",
  code: "The same in Keras",
  fresh: "body = residual_network((64, 64, 3))  # random weights\n",
  compile: (rate) =>
    `model.compile(\n    keras.optimizers.Adam(${rate}),\n    "sparse_categorical_crossentropy",\n    metrics=["acc"],\n)`,
  measured: "Measured in chapter 8",
  columns: ["setting", "trainable", "unseen", "known", "time"],
  legend:
    "Accuracy on images never shown, the mean and from the lowest to the highest of all seeds, on those it was trained " +
    "on, and the time of a run. Fine-tuned was frozen for the first half of its epochs.",
  seconds: (count) => `${count.toFixed(0)} s`,
  range: (mean, low, high) => `${mean} % (${low}–${high})`,
  said: (free, count, all, share) => `Free: ${free}. ${count} of ${all} parameters train, ${share}.`,
  run: (name, mean) => `This is “${name}” of chapter 8: ${mean} of the images never shown are right.`,
  none: "No run with this setting has been measured in chapter 8.",
};

const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;

/** How many parameters of a free block train. */
const trainable = ({ kernels, norm }, random) => kernels + (random ? norm : 0);

export class FreezeBoard extends withData(Figure) {
  static text = text;
  static schema = {
    start: choice("trained", ["trained", "random"]),
    classes: whole(12, 2, 1000),
    step: whole(0, 0, 9),
    free: numbers([], 9),
  };

  get random() {
    return this.state.start === "random";
  }

  settle(changes) {
    const { state, given } = this;
    const count = given.blocks.length;
    // How many are free from the head back, or which ones: the one follows from the other.
    if ("step" in changes && !("free" in changes && state.free.length)) {
      state.free = [...given.blocks.keys()].slice(count - Math.min(count, state.step));
    }
    state.free = [...new Set(state.free)].filter((n) => given.blocks[n]).sort((a, b) => a - b);
    state.step = 0;
    while (state.free.includes(count - 1 - state.step)) state.step++;
  }

  build() {
    this.blocks = this.given.blocks.map(({ name }, n) => {
      const parts = [h("b", {}, text.block(name)), h("span"), h("span"), h("span")];
      const button = h("button", { type: "button", class: "fig-block", click: () => this.toggle(n) }, parts);
      return { button, parts };
    });
    this.head = h("span");
    const head = h("div", { class: "fig-block fig-free" }, h("b", {}, text.head), h("span", {}, text.always), this.head);
    this.bar = h("div", { class: "fig-parts", role: "img" });
    this.norm = h("p", { class: "fig-caption" });
    const { box, pre } = this.code(text.code);
    this.keras = pre;
    this.rows = this.given.runs.map((run) => this.row(run));
    const { box: table, body } = this.table(text.measured, text.columns);
    body.append(...this.rows.map(({ row }) => row));
    this.append(
      h("div", { class: "fig-controls" }, this.control("start"), this.control("step"), this.control("classes")),
      h("div", { class: "fig-row" }, this.blocks.map(({ button }) => button), head),
      this.bar, this.norm, box,
      h("div", { hidden: !this.given.runs.length }, table, h("p", { class: "fig-caption" }, text.legend)));
  }

  toggle(n) {
    const { free } = this.state;
    this.set({ free: free.includes(n) ? free.filter((one) => one !== n) : [...free, n] });
  }

  draw() {
    const { given: { blocks, channels, runs }, state: { free, classes } } = this;
    const head = (channels + 1) * classes;
    const trains = blocks.map((block, n) => free.includes(n) * trainable(block, this.random));
    const sizes = blocks.map(({ kernels, norm, statistics }) => kernels + norm + statistics);
    const sum = (list) => list.reduce((a, b) => a + b, head);
    const [count, all] = [sum(trains), sum(sizes)];
    this.counts = { trainable: count, frozen: all - count };
    blocks.forEach(({ kernels, norm, statistics }, n) => {
      const is = free.includes(n);
      const { button, parts } = this.blocks[n];
      button.setAttribute("aria-pressed", is);
      button.classList.toggle("fig-free", is);
      parts[1].textContent = is ? text.free : text.frozen;
      parts[2].textContent = text.kernels(text.thousands(kernels));
      parts[3].textContent = text.norm(text.thousands(norm + statistics), is && this.random);
    });
    this.head.textContent = text.units(text.thousands(head));
    const part = (size, is) => h("span", { class: is ? "fig-free" : "", style: `flex-grow: ${size}` });
    this.bar.replaceChildren(...blocks.map((_, n) => [part(trains[n], true), part(sizes[n] - trains[n], false)]).flat(), part(head, true));
    const share = text.percent(count / all);
    this.bar.setAttribute("aria-label", text.bar(share));
    this.norm.textContent = this.random ? text.random : text.trained;
    this.keras.textContent = this.lines();
    const here = runs.find((run) => this.matches(run));
    this.rows.forEach(({ row, set }, n) => {
      row.classList.toggle("fig-best", runs[n] === here);
      set.setAttribute("aria-pressed", runs[n] === here);
    });
    const named = [...free.map((n) => text.block(blocks[n].name)), text.head].join(", ");
    const said = text.said(named, text.thousands(count), text.thousands(all), share);
    this.say(`${said} ${here ? text.run(here.name, text.percent(mean(here.unseen))) : runs.length ? text.none : ""}`);
  }

  matches({ random, free, classes }) {
    const names = this.state.free.map((n) => this.given.blocks[n].name);
    return random === this.random && classes === this.state.classes && names.join() === free.join();
  }

  /** A run's row in the table, and the button in it that sets the board as it was. */
  row(run) {
    const set = this.button(run.name, () => this.set({
      start: run.random ? "random" : "trained", classes: run.classes,
      free: [...this.given.blocks.keys()].filter((n) => run.free.includes(this.given.blocks[n].name)),
    }));
    set.disabled = !run.free.every((name) => this.given.blocks.some((block) => block.name === name)); // in part only
    const unseen = text.range(...[mean(run.unseen), Math.min(...run.unseen), Math.max(...run.unseen)].map(text.whole));
    const cells = [text.thousands(run.trainable), unseen, text.percent(mean(run.known)), text.seconds(run.seconds)];
    return { set, row: h("tr", {}, h("th", { scope: "row" }, set), cells.map((cell) => h("td", {}, cell))) };
  }

  /** The lines of Keras that make it so. */
  lines() {
    const { given: { blocks }, state: { free }, random } = this;
    const names = free.map((n) => `"${blocks[n].name}_"`);
    const tuple = `(${names.join(", ")}${names.length === 1 ? "," : ""})`;
    const norm =
      "\n    if isinstance(layer, keras.layers.BatchNormalization):\n        layer.trainable = False";
    const flags = free.length
      ? `body.trainable = True\nfor layer in body.layers:\n    layer.trainable = layer.name.startswith(${tuple})${random ? "" : norm}`
      : "body.trainable = False";
    const rate = random ? 0.001 : free.length ? 0.0001 : 0.01;
    return `${random ? text.fresh : ""}${flags}\n${text.compile(rate)}`;
  }
}

define("freeze-board", FreezeBoard);
