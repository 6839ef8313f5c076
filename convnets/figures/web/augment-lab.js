/** The changes of chapter 7 to be tried: on one picture, at random on many, and asked whether the label survives. */

import { CHANGES, generator, sometimes } from "./augment-math.js";
import { Figure, choice, define, h, numbers, real, significant, whole } from "./figure.js";
import { PHOTOS, TILES, framed, loadPhoto } from "./photo.js";

const PARTS = ["change", "draws", "quiz"];
const COPIES = 12;
/** The longest side of a photo. */
const LONGEST = 80;
/** Picture, change, its strength, and whether the label survives; the words are in `text.quiz`. */
const QUESTIONS = [
  ["cat", "flip_horizontal", null, true],
  ["6", "rotate90", 2, false],
  ["stop", "flip_horizontal", null, false],
  ["9", "brightness", -0.4, true],
  ["2", "flip_horizontal", null, false],
  ["b", "flip_horizontal", null, false],
  ["coffee", "noise", 0.1, true],
  ["left", "flip_horizontal", null, false],
  ["8", "flip_vertical", null, true],
  ["camera", "brightness", 0.95, false],
  ["5", "stretch", 0.75, true],
];

const odd = (around) => 2 * around + 1;
const signed = (number) => (number < 0 ? `− ${significant(-number)}` : `+ ${significant(number)}`);

const text = {
  name: "Augmentation lab",
  parts: { change: "One picture", draws: "Random draws", quiz: "Does the label survive?" },
  labels: {
    picture: "Picture", change: "Change", turns: "Quarter turns", delta: "δ", factor: "Factor", wide: "Factor",
    around: "Window", amount: "Amount", sigma: "σ", probability: "Probability",
  },
  options: {
    picture: { camera: "photographer", stop: "STOP", b: "letter b", left: "road sign" },
    change: {
      flip_horizontal: "mirror", flip_vertical: "upside down", rotate90: "quarter turns", sharpen: "sharpening",
    },
  },
  strengths: {
    turns: (turns) => `${90 * turns}°`,
    delta: (delta) => `δ = ${significant(delta)}`,
    factor: (factor) => `factor ${significant(factor)}`,
    wide: (factor) => `factor ${significant(factor)}`,
    around: (around) => `${odd(around)} × ${odd(around)}`,
    amount: (amount) => `amount ${significant(amount)}`,
    sigma: (sigma) => `σ = ${significant(sigma)}`,
  },
  rules: {
    flip_horizontal: () => "R[i, j] = A[i, width − 1 − j]",
    flip_vertical: () => "R[i, j] = A[height − 1 − i, j]",
    rotate90: () => "R[i, j] = A[j, width − 1 − i], as often as there are quarter turns",
    brightness: (delta) => `R = A ${signed(delta)}, cut to 0…1`,
    contrast: (factor) => `R = m + ${significant(factor)} · (A − m), with the mean m of each channel, cut to 0…1`,
    blur: (around) => `R is the mean of the ${odd(around)} × ${odd(around)} numbers around each; the outermost are repeated`,
    sharpen: (amount) => `R = A + ${significant(amount)} · (A − blur(A)), cut to 0…1`,
    stretch: (factor, before, after) => `New column k is mixed from the old ones beside (k + ½) · ${before} / ${after} − ½`,
    noise: (sigma) => `R = A + draws of a normal distribution with σ = ${significant(sigma)}, cut to 0…1`,
  },
  calls: {
    flip_horizontal: () => "flip_horizontal(image)",
    flip_vertical: () => "flip_vertical(image)",
    rotate90: (turns) => `${"rotate90(".repeat(turns)}image${")".repeat(turns)}`,
    brightness: (delta) => `adjust_brightness(image, ${delta})`,
    contrast: (factor) => `adjust_contrast(image, ${factor})`,
    blur: (around) => `blur(image, ${odd(around)})`,
    sharpen: (amount) => `sharpen(image, ${amount})`,
    stretch: (factor) => `stretch(image, ${factor})`,
    noise: (sigma) => `add_noise(image, ${sigma}, rng)`,
  },
  before: "as it is",
  after: "changed",
  python: "With the functions of the assignment",
  table: "The numbers in it",
  columns: ["picture", "size", "mean", "least", "most", "at 0 or 1"],
  size: (height, width) => `${height} × ${width}`,
  place: (step) => `draw ${step}`,
  framed: "Framed pictures are changed.",
  range: (low, high) => `Framed pictures are changed, each by a strength of its own, drawn from ${low} to ${high}.`,
  named: (name, label) => `${name}, ${label}`,
  drawn: (step, count, expected) =>
    `Draw ${step}: ${count} of ${COPIES} pictures are changed. On average it is ${significant(expected)}.`,
  ask: (label, change) => `Label: ${label}. Change: ${change}. Would a person still give it this label?`,
  yes: "Yes, it survives",
  no: "No, it does not",
  previous: "Question before",
  next: "Next question",
  asked: (question) => `Question ${question} of ${QUESTIONS.length}.`,
  score: (right, count) => (count ? ` ${right} of ${count} right so far.` : ""),
  verdict: (right, why) => ` ${right ? "Right" : "Not so"}: ${why}`,
  /** Label and reason, in the order of the questions. */
  quiz: [
    ["cat", "a cat that looks the other way is a cat."],
    ["6", "turned by half, a 6 reads as a 9."],
    ["STOP", "nobody writes it like this: the word runs backwards, and a mirrored S or P is no letter."],
    ["9", "fainter ink does not change what is written."],
    ["2", "there is no mirrored 2, and a network need not learn to read one."],
    ["b", "mirrored, a b is a d."],
    ["coffee", "a camera in the dark makes such noise, too."],
    ["turn left", "mirrored, it tells you to turn right."],
    ["8", "upside down, an 8 is still an 8. For most other digits it is not so, and a change has to suit all classes."],
    ["photographer", "next to nothing is left to be seen."],
    ["5", "narrower hands write like this."],
  ],
  unreadable: "The picture could not be read.",
};

const named = (group, name) => text.options[group][name] ?? name;
const described = (change, strength) =>
  [named("change", change), ...(strength == null ? [] : [text.strengths[CHANGES[change].knob](strength)])].join(", ");

/** The pictures that have been read, by name. */
const pictures = {};

async function read(name) {
  const [source, left, wide] = TILES[name] ?? [name, 0];
  const { height, width, colours } = await loadPhoto(source, TILES[name] ? Infinity : LONGEST);
  const shown = wide ?? width;
  const grey = colours.every((value, n) => value === colours[n - (n % 3)]);
  const channels = grey ? 1 : 3;
  const values = new Float64Array(height * shown * channels);
  for (let n = 0; n < values.length; n++) {
    const pixel = Math.floor(n / channels);
    values[n] = colours[3 * (Math.floor(pixel / shown) * width + left + (pixel % shown)) + (n % channels)];
  }
  pictures[name] = { height, width: shown, channels, values };
}

export class AugmentLab extends Figure {
  static text = text;
  static schema = {
    part: choice("change", PARTS),
    picture: choice("cat", [...Object.keys(PHOTOS), ...Object.keys(TILES)]),
    change: choice("flip_horizontal", Object.keys(CHANGES)),
    turns: whole(1, 1, 3),
    delta: real(0.25, -1, 1, { places: 200 }),
    factor: real(2, 0.1, 4, { logarithmic: true }),
    wide: real(1.5, 0.5, 2, { logarithmic: true }),
    around: whole(2, 1, 7),
    amount: real(2, 0, 4),
    sigma: real(0.1, 0, 0.5),
    probability: real(0.5, 0, 1),
    step: whole(1, 1, 100),
    question: whole(1, 1, QUESTIONS.length),
    answers: numbers([], QUESTIONS.length),
  };

  /** How strong the change is that is chosen; undefined where it has no strength. */
  get strength() {
    return this.state[CHANGES[this.state.change].knob];
  }

  build() {
    const knob = (name, options) =>
      this.control(name, { ...options, when: () => CHANGES[this.state.change].knob === name });
    const tabs = PARTS.map((part) => {
      const button = this.button(text.parts[part], () => {
        this.pause(); // its buttons are about to be hidden
        this.set({ part });
      });
      this.syncs.push(() => button.setAttribute("aria-pressed", this.state.part === part));
      return button;
    });
    const only = (parts, ...children) => {
      const box = h("div", {}, children);
      this.syncs.push(() => (box.hidden = !parts.includes(this.state.part)));
      return box;
    };
    [this.shown, this.copies, this.asked] = PARTS.map(() => h("div", { class: "fig-pictures" }));
    this.copies.style.maxWidth = "36rem"; // six in a row
    this.rule = h("p", { class: "fig-formula" });
    const { box: table, body } = this.table(text.table, text.columns);
    this.body = body;
    const { box, pre } = this.code(text.python);
    this.python = pre;
    this.note = h("p", { class: "fig-caption" });
    this.question = h("p");
    const answer = (value, word) => {
      const button = this.button(word, () => this.answer(value));
      this.syncs.push(() => button.setAttribute("aria-pressed", this.given === value));
      return button;
    };
    const go = (by, word) => this.button(word, () => this.set({ question: this.state.question + by }));
    const row = (...buttons) => h("p", { class: "fig-foot" }, buttons);
    this.append(
      row(tabs),
      only(["change", "draws"], h("div", { class: "fig-controls" }, this.control("picture"), this.control("change"),
        knob("turns"), ["delta", "factor", "wide", "amount", "sigma"].map((name) => knob(name)),
        knob("around", { slider: true, show: text.strengths.around }))),
      only(["change"], this.shown, this.rule, table, h("p", { class: "fig-caption" }, text.python), box),
      only(["draws"], h("div", { class: "fig-controls" }, this.control("probability")),
        this.player({ count: () => 100, first: 1, show: text.place }), this.copies, this.note),
      only(["quiz"], this.question, this.asked, row(answer(1, text.yes), answer(-1, text.no)),
        row(go(-1, text.previous), go(1, text.next))));
  }

  /** The reader's answer to the question in focus: 1 for yes, −1 for no, 0 for none yet. */
  get given() {
    return this.state.answers[this.state.question - 1] ?? 0;
  }

  answer(value) {
    const answers = QUESTIONS.map((_, n) => this.state.answers[n] ?? 0);
    this.set({ answers: answers.with(this.state.question - 1, value) });
  }

  draw() {
    const { part, picture, question } = this.state;
    const needed = part === "quiz" ? QUESTIONS[question - 1][0] : picture;
    const there = pictures[needed];
    if (!there) read(needed).then(() => this.draw(), () => this.say(text.unreadable));
    ({ change: this.drawChange, draws: this.drawDraws, quiz: this.drawQuiz })[part].call(this, there);
  }

  /** A picture over its label, as large as the pixels of the original ask for. */
  framed(name, label, picture, original, rem) {
    const { height, width, channels, values } = picture;
    const of = (pixel, c) => 255 * values[channels === 1 ? pixel : 3 * pixel + c];
    const made = framed(label, height, width, (pixel) => [of(pixel, 0), of(pixel, 1), of(pixel, 2)]);
    made.firstChild.setAttribute("aria-label", text.named(name, label));
    made.firstChild.style.width = `${(rem * width) / Math.max(original.width, original.height)}rem`;
    return made;
  }

  drawChange(before) {
    const { change, picture } = this.state;
    const { strength } = this;
    this.say(`${named("picture", picture)}: ${described(change, strength)}.`);
    this.python.textContent = text.calls[change](strength);
    if (!before) return;
    const after = CHANGES[change].apply(before, strength, generator(0));
    this.after = after;
    this.rule.textContent = text.rules[change](strength, before.width, after.width);
    const both = [[text.before, before], [text.after, after]];
    this.shown.replaceChildren(...both.map(([label, one]) => this.framed(named("picture", picture), label, one, before, 13)));
    this.body.replaceChildren(...both.map(([label, { height, width, values }]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const ends = values.filter((value) => Math.abs(value - 0.5) > 0.5 - 1e-9).length / values.length;
      const found = [mean, Math.min(...values), Math.max(...values), ends].map((value) => Number(value.toFixed(9)));
      return h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, text.size(height, width)),
        found.map((value, n) => h("td", { "data-value": value }, n < 3 ? significant(value) : `${Math.round(100 * value)} %`)));
    }));
  }

  drawDraws(original) {
    const { change, picture: name, probability, step } = this.state;
    const { count, make } = sometimes(change, this.strength, probability, COPIES, step);
    this.say(text.drawn(step, count, probability * COPIES));
    const { draw, knob } = CHANGES[change];
    const reach = draw ? [0, 1 - 1e-9].map((share) => draw(this.strength, share)).sort((a, b) => a - b) : [];
    const ends = reach.map((strength) => text.strengths[knob](strength));
    this.note.textContent = ends[0] === ends[1] ? text.framed : text.range(...ends);
    if (!original) return;
    this.drawn = make(original);
    this.copies.replaceChildren(...this.drawn.map(({ changed, strength, picture }) => {
      const label = changed ? (strength === null ? text.after : text.strengths[knob](strength)) : text.before;
      const made = this.framed(named("picture", name), label, picture, original, 5);
      if (changed) made.classList.add("fig-changed");
      return made;
    }));
  }

  drawQuiz(original) {
    const { answers, question } = this.state;
    const [, change, strength, survives] = QUESTIONS[question - 1];
    const [label, why] = text.quiz[question - 1];
    const right = (n) => answers[n] === (QUESTIONS[n][3] ? 1 : -1);
    const count = answers.filter(Boolean).length;
    this.question.textContent = text.ask(label, described(change, strength));
    this.say(text.asked(question) + (this.given ? text.verdict(this.given === (survives ? 1 : -1), why) : "") +
      text.score(QUESTIONS.filter((_, n) => right(n)).length, count));
    if (!original) return;
    const after = CHANGES[change].apply(original, strength, generator(0));
    const both = [[text.before, original], [text.after, after]];
    this.asked.replaceChildren(...both.map(([word, one]) => this.framed(label, word, one, original, 11)));
  }
}

define("augment-lab", AugmentLab);
