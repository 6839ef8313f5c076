/** The landscapes and methods of chapter 5. */

/**
 * @typedef {object} Landscape
 * @property {function(number, number): number} height
 * @property {function(number, number): [number, number]} gradient
 * @property {[number, number]} start @property {[number, number]} across @property {[number, number]} up
 * @property {[number, number][]} goals
 */

/** @type {Object<string, Landscape>} */
export const LANDSCAPES = {
  ravine: {
    height: (x, y) => (x * x + 25 * y * y) / 2,
    gradient: (x, y) => [x, 25 * y],
    start: [-8, 2], across: [-10, 6], up: [-4, 4], goals: [[0, 0]],
  },
  valley: {
    height: (x, y) => (1 - x) ** 2 + 10 * (y - x * x) ** 2,
    gradient: (x, y) => [-2 * (1 - x) - 40 * x * (y - x * x), 20 * (y - x * x)],
    start: [-1.5, 2], across: [-2.5, 2.5], up: [-1, 3], goals: [[1, 1]],
  },
  saddle: {
    height: (x, y) => 2 * x * x - (y * y) / 20 + y ** 4 / 40 + 1 / 40,
    gradient: (x, y) => [4 * x, -y / 10 + y ** 3 / 10],
    start: [1.5, 0.01], across: [-2, 2], up: [-1.6, 1.6], goals: [[0, 1], [0, -1]],
  },
  hollows: {
    height: (x, y) => 2 - Math.exp((-x * x) / 2) - Math.exp((-y * y) / 2),
    gradient: (x, y) => [x * Math.exp((-x * x) / 2), y * Math.exp((-y * y) / 2)],
    start: [1, 4.5], across: [-6, 6], up: [-5, 5], goals: [[0, 0]],
  },
  waves: {
    height: (x, y) => (x * x + y * y) / 20 + (2 - Math.cos(2 * x) - Math.cos(2 * y)) / 2,
    gradient: (x, y) => [x / 10 + Math.sin(2 * x), y / 10 + Math.sin(2 * y)],
    start: [4.5, 3.6], across: [-6, 6], up: [-5, 5], goals: [[0, 0]],
  },
};

/**
 * @typedef {{momentum: number, rho: number, beta_1: number, beta_2: number, epsilon: number, keras: boolean}} Knobs
 *   `keras` puts epsilon where Keras has it: inside RMSProp's root, and beside the root of Adam's uncorrected average.
 */

/**
 * The step that each method takes for one weight. `memory` belongs to the weight and is changed.
 * @type {Object<string, function(number, {a: number, b: number}, number, number, Knobs): number>}
 *   (gradient, memory, number of the step from 1, rate, knobs) → what is added to the weight.
 */
export const METHODS = {
  sgd: (g, memory, t, rate) => -rate * g,
  momentum(g, memory, t, rate, { momentum }) {
    memory.a = momentum * memory.a - rate * g;
    return memory.a;
  },
  rmsprop(g, memory, t, rate, { rho, epsilon, keras }) {
    memory.b = rho * memory.b + (1 - rho) * g * g;
    return (-rate * g) / (keras ? Math.sqrt(memory.b + epsilon) : Math.sqrt(memory.b) + epsilon);
  },
  adam(g, memory, t, rate, { beta_1, beta_2, epsilon, keras }) {
    average(g, memory, beta_1, beta_2);
    const first = 1 - beta_1 ** t;
    const second = 1 - beta_2 ** t;
    if (keras) return (-rate * (Math.sqrt(second) / first) * memory.a) / (Math.sqrt(memory.b) + epsilon);
    return (-rate * (memory.a / first)) / (Math.sqrt(memory.b / second) + epsilon);
  },
  uncorrected(g, memory, t, rate, { beta_1, beta_2, epsilon }) {
    average(g, memory, beta_1, beta_2);
    return (-rate * memory.a) / (Math.sqrt(memory.b) + epsilon);
  },
};

function average(g, memory, beta_1, beta_2) {
  memory.a = beta_1 * memory.a + (1 - beta_1) * g;
  memory.b = beta_2 * memory.b + (1 - beta_2) * g * g;
}

/**
 * Walk down a landscape.
 * @returns {Float64Array} x, y, x, y … of the start and every step; numbers may overflow to infinity or NaN.
 */
export function walk(method, { gradient }, [x, y], steps, rate, knobs) {
  const path = new Float64Array(2 * (steps + 1));
  path.set([x, y]);
  const memories = [{ a: 0, b: 0 }, { a: 0, b: 0 }];
  for (let t = 1; t <= steps; t++) {
    const g = gradient(x, y);
    x += METHODS[method](g[0], memories[0], t, rate, knobs);
    y += METHODS[method](g[1], memories[1], t, rate, knobs);
    path.set([x, y], 2 * t);
  }
  return path;
}
