/** Bring the figures to life that stand on this page. */

const NAMES = [
  "conv-explorer", "pool-explorer", "lenet-tour", "optimizer-race", "augment-lab", "receptive-field", "freeze-board",
  "shape-tracer",
];

for (const name of NAMES) {
  if (document.querySelector(name)) import(`./${name}.js`);
}
