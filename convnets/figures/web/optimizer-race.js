/** Five ways downhill, from a start that the reader chooses. */

import { Figure, MOVES, choice, define, flag, h, real, significant, svg, whole } from "./figure.js";
import { LANDSCAPES, METHODS, walk } from "./optim-math.js";

const WIDTH = 640;
const HEIGHT = 400;
const CHART = { width: 640, height: 220, left: 70, right: 10, top: 18, bottom: 34 };
const NAMES = Object.keys(METHODS);
/** Colour, dashes and marker: told apart without colours, too. */
const LOOKS = {
  sgd: ["--fig-grey", "", "M-5-5h10v10h-10z"],
  momentum: ["--fig-orange", "9 4", "M0-7 6 5-6 5z"],
  rmsprop: ["--fig-green", "2 4", "M0-7 6 0 0 7-6 0z"],
  adam: ["--fig-blue", "", "M0-6A6 6 0 1 1-.01-6z"],
  uncorrected: ["--fig-purple", "10 3 2 3", "M-6-3-3-6 0-3 3-6 6-3 3 0 6 3 3 6 0 3-3 6-6 3-3 0z"],
};
/** Rates that go well on each landscape, in the order of `NAMES`. */
const RATES = {
  ravine: [0.07, 0.03, 0.3, 0.5, 0.5],
  valley: [0.01, 0.005, 0.05, 0.1, 0.1],
  saddle: [0.2, 0.1, 0.05, 0.1, 0.1],
  hollows: [0.5, 0.3, 0.05, 0.1, 0.1],
  waves: [0.1, 0.05, 0.05, 0.3, 0.3],
};

const SUPERSCRIPTS = { "-": "⁻", ...Array.from("⁰¹²³⁴⁵⁶⁷⁸⁹") };

const text = {
  name: "Optimiser race",
  methods: { sgd: "SGD", momentum: "momentum", rmsprop: "RMSProp", adam: "Adam", uncorrected: "Adam, not corrected" },
  labels: {
    surface: "Landscape", steps: "Number of steps", speed: "Steps a second", x: "Start, x", y: "Start, y",
    momentum: "Momentum μ", rho: "RMSProp’s ρ", beta_1: "Adam’s β₁", beta_2: "Adam’s β₂", epsilon: "ε",
    keras: "ε where Keras has it",
  },
  options: {
    surface: {
      ravine: "ravine", valley: "bent valley", saddle: "saddle", hollows: "hollow in a plain", waves: "many hollows",
    },
  },
  rate: (name) => `Rate of ${name}`,
  rates: "Who runs, and at which learning rate",
  knobs: "The other knobs",
  map: "Landscape with level lines. Arrow keys move the start, with Shift further; a click puts it there and starts the race.",
  place: (step, count) => `step ${step} of ${count}`,
  power: (tick) => `10${String(tick).replace(/./g, (sign) => SUPERSCRIPTS[sign])}`,
  chart: "The loss at every step, on a logarithmic scale",
  columns: ["method", "x", "y", "loss", "last step"],
  table: "All at the same step",
  said: (step, best) => `Step ${step}: ${best}`,
  lowest: (name, loss) => `${name} has the lowest loss, ${loss}.`,
  start: (x, y, loss) => `start at x = ${x}, y = ${y}, where the loss is ${loss}.`,
  nobody: "nobody runs.",
  note: "The star marks a lowest point, the ring the start. Methods differ in colour, dashes and marker.",
};

export class OptimizerRace extends Figure {
  static text = text;
  static schema = {
    surface: choice("ravine", Object.keys(LANDSCAPES)),
    x: real(-8, -10, 10),
    y: real(2, -10, 10),
    step: whole(0, 0, 300),
    steps: whole(100, 10, 300),
    speed: whole(20, 1, 120),
    sgd: flag(true),
    momentum: flag(true),
    rmsprop: flag(true),
    adam: flag(true),
    uncorrected: flag(false),
    rate_sgd: real(RATES.ravine[0], 1e-4, 10, { logarithmic: true }),
    rate_momentum: real(RATES.ravine[1], 1e-4, 10, { logarithmic: true }),
    rate_rmsprop: real(RATES.ravine[2], 1e-4, 10, { logarithmic: true }),
    rate_adam: real(RATES.ravine[3], 1e-4, 10, { logarithmic: true }),
    rate_uncorrected: real(RATES.ravine[4], 1e-4, 10, { logarithmic: true }),
    mu: real(0.9, 0, 0.99, { places: 99 }),
    rho: real(0.9, 0, 0.999, { places: 999 }),
    beta_1: real(0.9, 0, 0.99, { places: 99 }),
    beta_2: real(0.999, 0, 0.9999, { places: 9999 }),
    epsilon: real(1e-7, 1e-8, 0.1, { logarithmic: true, places: 70 }),
    keras: flag(false),
  };

  settle(changes) {
    const { state } = this;
    const land = LANDSCAPES[state.surface];
    // Another landscape brings its own start and rates, unless they are given with it.
    if (this.land && this.land !== land && changes.surface) {
      const own = { x: land.start[0], y: land.start[1] };
      NAMES.forEach((name, n) => (own[`rate_${name}`] = RATES[state.surface][n]));
      for (const [name, value] of Object.entries(own)) if (!(name in changes)) state[name] = value;
    }
    this.land = land;
    state.step = Math.min(state.step, state.steps);
    const { mu, rho, beta_1, beta_2, epsilon, keras } = state;
    const knobs = { momentum: mu, rho, beta_1, beta_2, epsilon, keras };
    const rates = NAMES.map((name) => state[`rate_${name}`]);
    const key = JSON.stringify([state.surface, state.x, state.y, state.steps, rates, knobs]);
    if (key === this.walked) return;
    this.walked = key;
    this.paths = {};
    this.losses = {};
    NAMES.forEach((name, n) => {
      const path = walk(name, land, [state.x, state.y], state.steps, rates[n], knobs);
      this.paths[name] = path;
      this.losses[name] = Float64Array.from({ length: state.steps + 1 }, (_, t) => land.height(path[2 * t], path[2 * t + 1]));
    });
  }

  build() {
    this.painted = {}; // landscapes, by name
    const { speed } = this.constructor.schema;
    const number = (name) => {
      const input = h("input", { type: "number", step: "any", change: () => this.set({ [name]: input.value }) });
      this.syncs.push(() => (input.value = this.state[name]));
      return h("label", { class: "fig-field" }, h("span", {}, text.labels[name]), input);
    };
    const runner = (name) => {
      const [colour, dashes, marker] = LOOKS[name];
      const sample = svg("svg", { viewBox: "-20 -9 40 18", class: "fig-sample", "aria-hidden": "true" },
        svg("path", { d: "M-20 0h40", style: `stroke: var(${colour})`, "stroke-dasharray": dashes }),
        svg("path", { d: marker, style: `fill: var(${colour})` }));
      const check = h("input", { type: "checkbox", change: () => this.set({ [name]: check.checked }) });
      this.syncs.push(() => (check.checked = this.state[name]));
      const rate = this.control(`rate_${name}`, { label: text.rate(text.methods[name]) });
      return h("div", { class: "fig-runner" }, h("label", { class: "fig-check" }, check, sample, text.methods[name]), rate);
    };
    this.canvas = h("canvas", { width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
    this.overlay = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
    this.map = h("div", {
      class: "fig-map", tabindex: 0, role: "application", "aria-label": text.map,
      click: (event) => this.clicked(event), keydown: (event) => this.pressed(event),
    }, this.canvas, this.overlay);
    this.chart = svg("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: "img", "aria-label": text.chart, class: "fig-chart" });
    const { box: table, body } = this.table(text.table, text.columns);
    this.body = body;
    const player = this.player({
      count: () => this.state.steps, rate: () => this.state.speed, show: (step) => text.place(step, this.state.steps),
    });
    this.append(
      h("div", { class: "fig-controls" }, this.control("surface"), number("x"), number("y"), this.control("steps"),
        this.slider("speed", speed, text.labels.speed, { show: String })),
      h("p", { class: "fig-caption" }, text.rates), h("div", { class: "fig-runners" }, NAMES.map(runner)),
      h("details", { class: "fig-more" }, h("summary", {}, text.knobs), h("div", { class: "fig-controls" },
        this.control("mu", { label: text.labels.momentum }),
        ["rho", "beta_1", "beta_2", "epsilon"].map((name) => this.control(name)), this.control("keras"))),
      player, this.map, h("p", { class: "fig-caption" }, text.note), this.chart,
      h("p", { class: "fig-caption" }, text.chart), table);
  }

  get running() {
    return NAMES.filter((name) => this.state[name]);
  }

  clicked(event) {
    const box = this.map.getBoundingClientRect();
    const { across, up } = this.land;
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const round = (value) => Number(value.toPrecision(3));
    this.set({
      x: round(across[0] + share[0] * (across[1] - across[0])),
      y: round(up[1] - share[1] * (up[1] - up[0])),
      step: 0,
    });
    this.run();
  }

  pressed(event) {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const { across, up } = this.land;
    const size = event.shiftKey ? 20 : 100;
    const at = (value, by, [low, high]) =>
      Number(Math.min(high, Math.max(low, value + (by * (high - low)) / size)).toPrecision(6));
    this.set({ x: at(this.state.x, move[1], across), y: at(this.state.y, -move[0], up), step: 0 });
  }

  themeChanged() {
    this.drawn = null;
    this.painted = {};
    this.draw();
  }

  draw() {
    const { state, land } = this;
    if (this.drawn !== land) {
      this.drawn = land;
      this.drawLand();
    }
    const place = (x, y) => [
      ((x - land.across[0]) / (land.across[1] - land.across[0])) * WIDTH,
      ((land.up[1] - y) / (land.up[1] - land.up[0])) * HEIGHT,
    ];
    const parts = [];
    for (const goal of land.goals) {
      const [x, y] = place(...goal);
      parts.push(svg("path", { d: star(x, y), class: "fig-goal" }));
    }
    for (const name of this.running) {
      const [colour, dashes, marker] = LOOKS[name];
      const path = this.paths[name];
      const points = [];
      let [x, y] = place(state.x, state.y);
      for (let t = 0; t <= state.step; t++) {
        const at = place(path[2 * t], path[2 * t + 1]);
        if (!at.every((value) => Math.abs(value) < 1e5)) break; // gone for good
        [x, y] = at;
        points.push(`${x.toFixed(1)},${y.toFixed(1)}`);
      }
      parts.push(
        svg("polyline", { points: points.join(" "), style: `stroke: var(${colour})`, "stroke-dasharray": dashes }),
        svg("path", { d: marker, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, style: `fill: var(${colour})`, class: "fig-runner-at" }));
    }
    const [x, y] = place(state.x, state.y);
    parts.push(svg("circle", { cx: x, cy: y, r: 8, class: "fig-start" }));
    this.overlay.replaceChildren(...parts);
    this.drawChart();
    this.drawTable();
  }

  /** Paint the landscape: a shade for each band of height, and a line where two bands meet. */
  drawLand() {
    const { across, up, height } = this.land;
    const context = this.canvas.getContext("2d");
    const known = this.painted[this.state.surface];
    if (known) return context.putImageData(known, 0, 0);
    const image = context.createImageData(WIDTH, HEIGHT);
    const heights = new Float64Array(WIDTH * HEIGHT);
    let [low, high] = [Infinity, -Infinity];
    for (let row = 0, n = 0; row < HEIGHT; row++) {
      const y = up[1] - ((row + 0.5) / HEIGHT) * (up[1] - up[0]);
      for (let column = 0; column < WIDTH; column++, n++) {
        const value = height(across[0] + ((column + 0.5) / WIDTH) * (across[1] - across[0]), y);
        heights[n] = value;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    const channels = (name) => this.colour(name).match(/[\d.]+/g).slice(0, 3).map(Number);
    const ground = channels("--fig-ground");
    const shade = channels("--fig-strong");
    const line = channels("--fig-line");
    // Bands grow with the height, so that the floor of a valley shows lines, too.
    const bands = Float64Array.from(heights, (value) => Math.floor(14 * Math.sqrt((value - low) / (high - low))));
    for (let n = 0; n < bands.length; n++) {
      const edge = bands[n] !== bands[n + 1] || (n + WIDTH < bands.length && bands[n] !== bands[n + WIDTH]);
      const share = (0.4 * bands[n]) / 14;
      for (let c = 0; c < 3; c++) {
        image.data[4 * n + c] = edge && (n + 1) % WIDTH ? line[c] : ground[c] + share * (shade[c] - ground[c]);
      }
      image.data[4 * n + 3] = 255;
    }
    this.painted[this.state.surface] = image;
    context.putImageData(image, 0, 0);
  }

  drawChart() {
    const { width, height, left, right, top, bottom } = CHART;
    const { steps, step } = this.state;
    const running = this.running;
    const floor = 1e-8;
    const shown = running.flatMap((name) => [...this.losses[name]]).filter((loss) => Number.isFinite(loss));
    const first = this.losses.sgd[0];
    const exponent = (loss) => Math.log10(Math.max(loss, floor));
    const high = Math.ceil(exponent(first) + 0.3);
    const low = Math.min(high - 1, Math.floor(exponent(Math.min(first, ...shown))));
    const x = (t) => left + (t / steps) * (width - left - right);
    const y = (loss) => top + ((high - Math.min(high, exponent(loss))) / (high - low)) * (height - top - bottom);
    const parts = [];
    const every = Math.ceil((high - low) / 5);
    for (let tick = high; tick >= low; tick -= every) {
      const at = y(10 ** tick);
      parts.push(svg("path", { d: `M${left} ${at}H${width - right}`, class: "fig-rule" }),
        svg("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, text.power(tick)));
    }
    for (const t of [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * steps))) {
      parts.push(svg("text", { x: x(t), y: height - bottom + 18, "text-anchor": t === steps ? "end" : "middle" }, String(t)));
    }
    for (const name of running) {
      const points = [];
      this.losses[name].forEach((loss, t) => Number.isFinite(loss) && points.push(`${x(t).toFixed(1)},${y(loss).toFixed(1)}`));
      const [colour, dashes] = LOOKS[name];
      parts.push(svg("polyline", { points: points.join(" "), style: `stroke: var(${colour})`, "stroke-dasharray": dashes }));
    }
    parts.push(svg("path", { d: `M${x(step)} ${top}V${height - bottom}`, class: "fig-cursor" }));
    this.chart.replaceChildren(...parts);
  }

  drawTable() {
    const { step, x, y } = this.state;
    const cell = (value) => h("td", { "data-value": value }, significant(value));
    const rows = this.running.map((name) => {
      const at = (t) => [this.paths[name][2 * t], this.paths[name][2 * t + 1]];
      const [now, before] = [at(step), at(Math.max(0, step - 1))];
      const moved = Math.hypot(now[0] - before[0], now[1] - before[1]);
      return h("tr", { "data-name": name }, h("th", { scope: "row" }, text.methods[name]),
        [...now, this.losses[name][step], moved].map(cell));
    });
    this.body.replaceChildren(...rows);
    const [best] = this.running
      .filter((name) => Number.isFinite(this.losses[name][step]))
      .sort((a, b) => this.losses[a][step] - this.losses[b][step]);
    if (!best) this.say(text.said(step, text.nobody));
    else if (!step) this.say(text.said(0, text.start(significant(x), significant(y), significant(this.losses.sgd[0]))));
    else this.say(text.said(step, text.lowest(text.methods[best], significant(this.losses[best][step]))));
  }
}

function star(x, y) {
  const points = Array.from({ length: 10 }, (_, n) => {
    const [size, turn] = [n % 2 ? 4 : 10, (n * Math.PI) / 5];
    return `${(x + size * Math.sin(turn)).toFixed(1)} ${(y - size * Math.cos(turn)).toFixed(1)}`;
  });
  return `M${points.join("L")}z`;
}

define("optimizer-race", OptimizerRace);
