/** A table of numbers whose cells can be pointed at, walked through with the arrow keys, and edited. */

import { MOVES, format, h, parse } from "./figure.js";

export class Grid {
  /**
   * @param {object} options
   * @param {string} options.hint What a reader can do here; read out with the table's label.
   * @param {function(number, number, number): void} [options.edit] Called with row, column and the new number.
   * @param {function(number, number): boolean} [options.editable] Which cells may be changed.
   * @param {function(?number, ?number): void} [options.point] Called with the cell that is pointed at, or nulls.
   * @param {string} options.invalid What to say of a text that is no number.
   * @param {function(string): void} options.say
   */
  constructor({ hint, edit, editable = () => true, point, invalid, say }) {
    Object.assign(this, { edit, editable, point, invalid, say, rows: 0, columns: 0, cells: [], at: [0, 0] });
    this.caption = h("p", { class: "fig-caption" });
    this.table = h("table", { class: "fig-grid", role: "grid", "aria-description": hint });
    this.element = h("div", { class: "fig-gridbox" }, this.caption, h("div", { class: "fig-scroll" }, this.table));
    this.table.addEventListener("keydown", (event) => this.pressed(event));
    this.table.addEventListener("click", (event) => this.clicked(event));
    this.table.addEventListener("focusin", (event) => this.focused(event));
    if (point) {
      this.table.addEventListener("pointerover", (event) => this.hovered(event));
      this.table.addEventListener("pointerleave", () => point(...(this.focusedPlace() ?? [null, null])));
      this.table.addEventListener("focusout", () => point(null, null));
    }
  }

  /** Say what the numbers are. */
  label(text) {
    this.caption.textContent = text;
    this.table.setAttribute("aria-label", text);
  }

  /**
   * Show numbers.
   * @param {number} rows
   * @param {number} columns
   * @param {function(number, number): number} value NaN leaves a cell empty.
   * @param {function(number, number): string} [style] Class of a cell.
   * @param {number} [largest] The number that gets the strongest shade; 0 for no shades.
   */
  show(rows, columns, value, style = () => "", largest = 0) {
    if (rows !== this.rows || columns !== this.columns) this.shape(rows, columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const cell = this.cells[i * columns + j];
        const number = value(i, j);
        if (!Object.is(cell.number, number)) {
          cell.number = number;
          const text = Number.isNaN(number) ? "" : format(number);
          cell.textContent = text;
          cell.small = text.length > 4;
          if (text) cell.dataset.value = number;
          else delete cell.dataset.value;
        }
        const shade = largest && number ? Math.round((40 * Math.min(1, Math.abs(number) / largest)) / 4) * 4 : 0;
        const sign = !shade || Number.isNaN(number) ? "" : number < 0 ? " fig-minus" : " fig-plus";
        const look = `${style(i, j)}${sign}${cell.small ? " fig-small" : ""}`;
        if (cell.look !== look) cell.className = cell.look = look;
        if (cell.shade !== shade) {
          cell.shade = shade;
          cell.style.setProperty("--shade", `${shade}%`);
        }
      }
    }
  }

  shape(rows, columns) {
    Object.assign(this, { rows, columns, cells: [] });
    this.at = [Math.min(this.at[0], Math.max(0, rows - 1)), Math.min(this.at[1], Math.max(0, columns - 1))];
    const body = h("tbody");
    for (let i = 0; i < rows; i++) {
      const row = h("tr");
      for (let j = 0; j < columns; j++) {
        const cell = document.createElement("td");
        cell.tabIndex = i === this.at[0] && j === this.at[1] ? 0 : -1;
        cell.setAttribute("role", "gridcell");
        cell.place = [i, j];
        this.cells.push(cell);
        row.append(cell);
      }
      body.append(row);
    }
    this.table.replaceChildren(body);
  }

  cell([i, j]) {
    return this.cells[i * this.columns + j];
  }

  focusedPlace() {
    return this.table.contains(document.activeElement) ? this.at : null;
  }

  focused(event) {
    const cell = event.target.closest("td");
    if (!cell) return;
    const before = this.cell(this.at);
    if (before) before.tabIndex = -1;
    cell.tabIndex = 0;
    this.at = cell.place;
    this.point?.(...this.at);
  }

  hovered(event) {
    const cell = event.target.closest("td");
    if (cell) this.point(...cell.place);
  }

  clicked(event) {
    const cell = event.target.closest("td");
    if (!cell || event.target.tagName === "INPUT") return;
    // The first click chooses a cell, the next one opens it.
    if (this.chosen === cell && document.activeElement === cell) this.open(cell);
    else cell.focus();
    this.chosen = cell;
  }

  pressed(event) {
    const cell = event.target.closest("td");
    if (!cell || event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const [i, j] = cell.place;
    const move = MOVES[event.key];
    if (move || event.key === "Home" || event.key === "End") {
      const row = move ? i + move[0] : i;
      const column = move ? j + move[1] : event.key === "Home" ? 0 : this.columns - 1;
      if (row >= 0 && row < this.rows && column >= 0 && column < this.columns) this.cell([row, column]).focus();
    } else if (event.key === "Enter" || event.key === "F2") this.open(cell);
    else if (/^[-−\d.]$/.test(event.key)) this.open(cell, event.key);
    else return;
    event.preventDefault();
  }

  /** Let a number be written into a cell. */
  open(cell, text) {
    if (!this.edit || !this.editable(...cell.place)) return;
    const input = h("input", { class: "fig-input", inputmode: "decimal", "aria-label": this.caption.textContent });
    input.value = text ?? String(Math.round(cell.number * 1e6) / 1e6);
    let open = true;
    let written = text !== undefined; // else the number stays as exact as it was
    input.addEventListener("input", () => (written = true));
    const close = (keep, refocus) => {
      if (!open) return;
      open = false;
      const number = parse(input.value);
      cell.number = undefined; // so that it is written again
      cell.textContent = cell.dataset.value === undefined ? "" : format(Number(cell.dataset.value));
      if (refocus) cell.focus();
      keep &&= written;
      const valid = keep && Number.isFinite(number);
      this.edit(...cell.place, valid ? Math.max(-999, Math.min(999, number)) : null);
      if (keep && !valid) this.say(this.invalid);
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") close(true, true);
      else if (event.key === "Escape") close(false, true);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    input.addEventListener("blur", () => close(true, false));
    cell.replaceChildren(input);
    input.focus();
    if (text === undefined) input.select();
  }
}
