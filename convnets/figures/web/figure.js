/**
 * What all interactive figures share: an element with a state that is checked, kept in the page's address, shown by
 * controls, and said in words in a line that screen readers follow.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Paths of the icons on buttons, in a box of 16 × 16. */
const ICONS = {
  start: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 2v12l10-6z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5 3v10l7-5z",
  end: "M11 3h2v10h-2zM3 3v10l7-5z",
};

/**
 * Make an HTML element.
 * @param {string} name
 * @param {Object<string, *>} [attributes] Functions become listeners of the event that they are named for.
 * @param {...(Node|string|Array)} children
 * @returns {HTMLElement}
 */
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Make an SVG element; as `h`. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity));
  return element;
}

/** Rows and columns that an arrow key moves by. */
export const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const clamp = (number, low, high) => Math.min(high, Math.max(low, number));

// The kinds of values that a state holds. `check` makes a valid value of anything, `read` and `write` are for texts.

/** A whole number from low to high. */
export function whole(value, low, high) {
  const check = (given) => {
    const number = Math.round(Number(given));
    return Number.isFinite(number) ? clamp(number, low, high) : value;
  };
  return { kind: "whole", value, low, high, check, read: check, write: String };
}

/** A real number; `logarithmic` says how its slider runs, from low to high in `places` places. */
export function real(value, low, high, { logarithmic = false, places = 100 } = {}) {
  const check = (given) => {
    const number = given === "" ? NaN : Number(given);
    return Number.isFinite(number) ? clamp(number, low, high) : value;
  };
  return { kind: "real", value, low, high, logarithmic, places, check, read: check, write: String };
}

/** One of several words. */
export function choice(value, options) {
  const check = (given) => (options.includes(String(given)) ? String(given) : value);
  return { kind: "choice", value, options, check, read: check, write: String };
}

/** Yes or no. */
export function flag(value) {
  const read = (text) => ["1", "true", "True", "yes", ""].includes(text);
  return { kind: "flag", value, check: Boolean, read, write: (is) => (is ? "1" : "0") };
}

/** A list of numbers. */
export function numbers(value = [], most = 1000) {
  const check = (given) => (Array.isArray(given) ? given.slice(0, most).map((n) => Number(n) || 0) : value);
  const read = (text) => check(text.trim() ? text.split(",") : []);
  return { kind: "numbers", value, check, read, write: (list) => list.join(",") };
}

/**
 * Write a number for reading: few digits, a true minus sign, ninths and thirds as fractions.
 * @param {number} number
 * @param {number} [digits] After the point, at most.
 */
export function format(number, digits = 2) {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "–" : number > 0 ? "∞" : "−∞";
  for (const below of [3, 9]) {
    const above = number * below;
    const near = Math.round(above);
    if (near % below && Math.abs(near) < below && Math.abs(above - near) < 1e-9) {
      return `${near < 0 ? "−" : ""}${Math.abs(near)}/${below}`;
    }
  }
  const size = Math.abs(number);
  const text = size && (size >= 1e6 || size < 0.5 * 10 ** -digits) ? size.toExponential(1) : trim(size.toFixed(digits));
  return (number < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** Write a number with so many digits in all. */
export function significant(number, digits = 3) {
  if (!Number.isFinite(number)) return format(number);
  const size = Math.abs(number);
  const text = size && (size >= 1e5 || size < 1e-3) ? size.toExponential(digits - 1) : trim(size.toPrecision(digits));
  return (number < 0 ? "−" : "") + text;
}

const trim = (text) => (/\.\d*$/.test(text) ? text.replace(/\.?0+$/, "") : text);

/** Read a number as people write it; NaN where it is none. */
export function parse(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  const parts = plain.split("/");
  if (!plain || parts.length > 2 || parts.some((part) => part.trim() === "")) return NaN;
  return parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(plain);
}

/** Write words one after the other: a, b and c. */
export const list = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** Where a file that comes with the figures is; a notebook brings its files along in `convnetsFiles`. */
export const file = (name) => globalThis.convnetsFiles?.[name] ?? new URL(name, import.meta.url).href;

/** Whether the reader's system is dark. */
const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Make an element known to the browser, once. */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}

/**
 * A figure. Its class says what its state holds (`schema`), its words (`text`), and has two methods: `build` makes what
 * does not change, `draw` shows the state. `settle` may put values that do not fit together right.
 */
export class Figure extends HTMLElement {
  /** @type {Object<string, {value: *, check: Function, read: Function, write: Function}>} */
  static schema = {};
  /** Everything that a reader reads. @type {Object<string, *>} */
  static text = {};

  connectedCallback() {
    if (this.state) {
      this.watch();
      return;
    }
    this.initial = {};
    for (const [name, field] of Object.entries(this.constructor.schema)) {
      this.initial[name] = this.hasAttribute(name) ? field.read(this.getAttribute(name)) : field.value;
    }
    this.state = { ...this.initial, ...(this.hasAttribute("detached") ? {} : this.asked(location.search)) };
    this.syncs = [];
    this.classList.add("convnets-figure");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", this.text.name);
    this.status = h("p", { class: "fig-say", role: "status" });
    this.replaceChildren(h("p", { class: "fig-name" }, this.text.name));
    this.settle({ ...this.state });
    this.build();
    this.append(this.status, this.footer());
    this.update();
    this.watch();
  }

  /** Hear of a change from light to dark, until the figure is taken out of the page. */
  watch() {
    this.recolour ??= () => this.themeChanged();
    this.watcher ??= new MutationObserver(this.recolour);
    for (const root of [document.documentElement, document.body]) {
      this.watcher.observe(root, { attributeFilter: ["data-theme", "class", "theme", "data-jp-theme-light"] });
    }
    DARK.addEventListener("change", this.recolour);
  }

  disconnectedCallback() {
    this.pause?.();
    this.watcher?.disconnect();
    DARK.removeEventListener("change", this.recolour);
  }

  /** The name under which the address keeps this figure's state. */
  get key() {
    return this.id || this.localName;
  }

  get text() {
    return this.constructor.text;
  }

  /** Whether the reader wants things not to move. */
  get still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** Make what does not change. */
  build() {}

  /** Show the state. */
  draw() {}

  /** Put values right that do not fit together. @param {Object} changes What has just been set. */
  settle() {}

  /** Draw again what CSS cannot recolour by itself. */
  themeChanged() {}

  /**
   * Change the state and show it.
   * @param {Object} changes Some of the state's values.
   */
  set(changes) {
    for (const [name, value] of Object.entries(changes)) {
      this.state[name] = this.constructor.schema[name].check(value);
    }
    this.settle(changes);
    this.update();
    this.keep();
  }

  update() {
    for (const sync of this.syncs) sync();
    this.draw();
  }

  /** Tell what is to be seen, in words. */
  say(words) {
    if (this.status.textContent !== words) this.status.textContent = words;
  }

  /** What of the state differs from the beginning, as texts. */
  differences() {
    const found = {};
    for (const [name, field] of Object.entries(this.constructor.schema)) {
      const written = field.write(this.state[name]);
      if (written !== field.write(this.initial[name])) found[name] = written;
    }
    return found;
  }

  /** What an address asks for. @param {string} search Its part from the question mark on. */
  asked(search) {
    const address = new URLSearchParams(search);
    const asked = {};
    for (const [name, field] of Object.entries(this.constructor.schema)) {
      const kept = address.get(`${this.key}.${name}`);
      if (kept !== null) asked[name] = field.read(kept);
    }
    return asked;
  }

  /** Show what a link in the text asks for, as if a reader had pressed Reset and set it. @param {string} search */
  follow(search) {
    this.pause?.();
    this.set(this.initial);
    this.set(this.asked(search));
    this.scrollIntoView({ block: "nearest", behavior: this.still ? "auto" : "smooth" });
  }

  /** Write the state into the address; not at once, as browsers refuse too many changes. */
  keep() {
    if (this.hasAttribute("detached")) return;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => history.replaceState(history.state, "", this.link()), 150);
  }

  /** The address that leads to what is to be seen now. */
  link() {
    const address = new URL(location.href);
    for (const name of Object.keys(this.constructor.schema)) address.searchParams.delete(`${this.key}.${name}`);
    for (const [name, written] of Object.entries(this.differences())) {
      address.searchParams.set(`${this.key}.${name}`, written);
    }
    return address.href;
  }

  /** The colour that a variable of the style sheet has now, for a canvas. */
  colour(name) {
    this.status.style.color = `var(${name})`;
    const { color } = getComputedStyle(this.status);
    this.status.style.color = "";
    return color;
  }

  // Controls

  /**
   * Make the control of one value of the state.
   * @param {string} name
   * @param {{when?: function(): boolean, slider?: boolean, show?: function(*): string, label?: string}} [options]
   * @returns {HTMLElement}
   */
  control(name, options = {}) {
    const field = this.constructor.schema[name];
    const label = options.label ?? this.text.labels[name];
    const kind = options.slider ? "real" : field.kind;
    const made = { whole: this.spinner, real: this.slider, choice: this.select, flag: this.checkbox }[kind];
    const box = made.call(this, name, field, label, options);
    if (options.when) this.syncs.push(() => (box.hidden = !options.when()));
    return box;
  }

  spinner(name, field, label) {
    const give = () => input.value !== "" && Number(input.value) !== this.state[name] && this.set({ [name]: input.value });
    // Whoever types "12" writes a "1" on the way, and that is no setting yet.
    const onTheWay = ({ inputType }) => /^(insertText|delete)/.test(inputType) && 10 * input.value <= field.high;
    const input = h("input", {
      type: "number", min: field.low, max: field.high, step: 1, inputmode: "numeric",
      input: (event) => onTheWay(event) || give(),
      change: () => {
        give();
        input.value = this.state[name];
      },
    });
    this.syncs.push(() => {
      if (document.activeElement !== input) input.value = this.state[name];
    });
    return h("label", { class: "fig-field" }, h("span", {}, label), input);
  }

  slider(name, field, label, { show = significant }) {
    const exact = field.kind === "whole";
    const places = exact ? field.high - field.low : field.places;
    const { low, high, logarithmic } = field;
    const toValue = (place) => {
      if (exact) return low + place;
      const share = place / places;
      return Number((logarithmic ? low * (high / low) ** share : low + (high - low) * share).toPrecision(3));
    };
    const toPlace = (value) =>
      Math.round(places * (logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)));
    const output = h("output");
    const input = h("input", {
      type: "range", min: 0, max: places, step: 1, input: () => this.set({ [name]: toValue(Number(input.value)) }),
    });
    this.syncs.push(() => {
      const value = this.state[name];
      input.value = toPlace(value);
      output.textContent = show(value);
      input.setAttribute("aria-valuetext", show(value));
    });
    return h("label", { class: "fig-field fig-slider" }, h("span", {}, label, " ", output), input);
  }

  select(name, field, label) {
    const names = this.text.options?.[name] ?? {};
    const input = h(
      "select",
      { change: () => this.set({ [name]: input.value }) },
      field.options.map((option) => h("option", { value: option }, names[option] ?? option)),
    );
    this.syncs.push(() => (input.value = this.state[name]));
    return h("label", { class: "fig-field" }, h("span", {}, label), input);
  }

  checkbox(name, field, label) {
    const input = h("input", { type: "checkbox", change: () => this.set({ [name]: input.checked }) });
    this.syncs.push(() => (input.checked = this.state[name]));
    return h("label", { class: "fig-check" }, input, h("span", {}, label));
  }

  /** Make a button with a word on it. */
  button(word, pressed) {
    return h("button", { type: "button", class: "fig-button", click: pressed }, word);
  }

  /** Make a button with an icon on it. */
  iconButton(icon, word, pressed) {
    const path = svg("path", { d: ICONS[icon] });
    const picture = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
    const button = h("button", { type: "button", class: "fig-button fig-icon", click: pressed }, picture);
    const show = (shown, said) => {
      path.setAttribute("d", ICONS[shown]);
      button.setAttribute("aria-label", said);
      button.title = said;
    };
    show(icon, word);
    return { button, show };
  }

  /**
   * Make the buttons and the slider that walk through the steps of a figure.
   * @param {{count: function(): number, first?: number, rate?: function(): number, show: function(number): string}} how
   *   `rate` is in steps a second.
   */
  player({ count, first = 0, rate = () => 2, show }) {
    const words = Figure.words;
    const go = (step) => this.set({ step: clamp(step, first, count()) });
    let timer = null;
    const playing = () => timer !== null;
    const pause = () => {
      clearTimeout(timer);
      timer = null;
      play.show("play", words.play);
      this.status.setAttribute("aria-live", "polite");
    };
    this.pause = pause;
    this.run = () => (pause(), start());
    const tick = () => {
      const wait = 1000 / rate();
      // More than sixty steps a second: several at a time.
      go(this.state.step + Math.max(1, Math.round(16 / wait)));
      if (this.state.step >= count()) pause();
      else timer = setTimeout(tick, Math.max(16, wait));
    };
    const start = () => {
      if (this.state.step >= count()) go(first);
      if (this.still) return go(count()); // nothing moves: the end at once
      play.show("pause", words.pause);
      this.status.setAttribute("aria-live", "off"); // it would never stop talking
      timer = setTimeout(tick, 1000 / rate());
    };
    const by = (change) => () => {
      pause();
      go(this.state.step + change);
    };
    const play = this.iconButton("play", words.play, () => (playing() ? pause() : start()));
    const back = this.iconButton("back", words.back, by(-1)).button;
    const forward = this.iconButton("forward", words.forward, by(1)).button;
    const toStart = this.iconButton("start", words.start, () => (pause(), go(first))).button;
    const toEnd = this.iconButton("end", words.end, () => (pause(), go(count()))).button;
    const scrub = h("input", {
      type: "range", step: 1, "aria-label": words.scrub, input: () => (pause(), go(Number(scrub.value))),
    });
    const output = h("output", { class: "fig-step" });
    this.syncs.push(() => {
      scrub.min = first;
      scrub.max = count();
      scrub.value = this.state.step;
      scrub.setAttribute("aria-valuetext", show(this.state.step));
      output.textContent = show(this.state.step);
    });
    const buttons = [toStart, back, play.button, forward, toEnd];
    return h("div", { class: "fig-player" }, h("span", { class: "fig-buttons" }, buttons), scrub, output);
  }

  /**
   * Make a table whose rows are filled in later; on a narrow screen it can be scrolled.
   * @param {string} label What the table shows.
   * @param {string[]} columns Their heads.
   * @returns {{box: HTMLElement, body: HTMLElement}} `body` takes the rows.
   */
  table(label, columns) {
    const body = h("tbody");
    const heads = columns.map((word) => h("th", { scope: "col" }, word));
    const table = h("table", { class: "fig-table" }, h("caption", {}, label), h("thead", {}, h("tr", {}, heads)), body);
    return { box: h("div", { class: "fig-scroll", tabindex: 0, role: "region", "aria-label": label }, table), body };
  }

  /** A line of code to copy. */
  code(label) {
    const pre = h("pre", { class: "fig-code", tabindex: 0, "aria-label": label });
    const button = this.button(Figure.words.copy, () => this.copy(pre.textContent, pre));
    return { box: h("div", { class: "fig-copy" }, pre, button), pre };
  }

  async copy(text, shown) {
    try {
      await navigator.clipboard.writeText(text);
      this.say(Figure.words.copied);
    } catch {
      if (shown) getSelection().selectAllChildren(shown);
      this.say(shown ? Figure.words.selected : text);
    }
  }

  footer() {
    const words = Figure.words;
    const reset = this.button(words.reset, () => {
      this.pause?.();
      this.set(this.initial);
    });
    const link = this.button(words.link, () => this.copy(this.link()));
    return h("p", { class: "fig-foot" }, reset, this.hasAttribute("detached") ? [] : link);
  }

  /** Words that all figures use. */
  static words = {
    play: "Play",
    pause: "Pause",
    back: "One step back",
    forward: "One step on",
    start: "To the start",
    end: "To the end",
    scrub: "Step",
    reset: "Reset",
    link: "Copy link",
    copy: "Copy",
    copied: "Copied.",
    selected: "Selected: press Ctrl+C, or ⌘C, to copy.",
  };
}

// Links in the text that set a figure of their page. Without this script they open the page anew, with the figure set.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.fig-set");
  const figure = link && document.getElementById(link.hash.slice(1));
  if (!figure?.state || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // a new tab, perhaps
  event.preventDefault();
  figure.follow(link.search);
});
