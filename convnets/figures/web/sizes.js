/** How often a window fits along an axis: the formula filled in, and what to say where it does not come out even. */

import { h } from "./figure.js";

const text = {
  formula: (axis, room, stride, places) => `${axis}: ⌊(${room}) / ${stride}⌋ + 1 = ${places}`,
  fit: (what, span, total, unit) =>
    `The ${what} spans ${span} ${unit} and there are only ${total}: it does not fit even once, so there is no output.`,
  cut: (count, unit, where) => `It does not divide: ${count} ${unit} at the ${where} ${count === 1 ? "is" : "are"} cut off.`,
  axes: {
    height: ["height", ["row", "rows"], "bottom"],
    width: ["width", ["column", "columns"], "right"],
    length: ["size", ["number", "numbers"], "end"],
  },
};

/**
 * @param {"height"|"width"|"length"} name Of the axis.
 * @param {{places: number, room: number, cut: number}} axis As `axisOf` finds it.
 * @param {{what: string, sum: string, span: number, total: number, stride: number}} how
 *   `what` moves along the axis; `sum` is the room it has, written out.
 * @returns {HTMLElement[]}
 */
export function sizeLines(name, { places, room, cut }, { what, sum, span, total, stride }) {
  const [label, units, where] = text.axes[name];
  const filled = text.formula(label, sum, stride, room < 0 ? "–" : places);
  const lines = [h("p", { "data-axis": label, "data-value": places }, filled)];
  const warn = (words) => lines.push(h("p", { class: "fig-warn", "data-cut": room < 0 ? null : cut }, words));
  if (room < 0) warn(text.fit(what, span, total, units[1]));
  else if (cut) warn(text.cut(cut, units[Number(cut > 1)], where));
  return lines;
}
