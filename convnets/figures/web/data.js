/** What a page has computed for a figure: a trained network, or runs that it has measured. */

import { file } from "./figure.js";

const files = {};

/**
 * Make a figure's element wait for its data, so that the still picture stays until, and unless, they are there.
 * @param {typeof import("./figure.js").Figure} Base
 */
export const withData = (Base) =>
  class extends Base {
    async connectedCallback() {
      if (!this.state) {
        const own = this.getAttribute("data"); // in a notebook
        const name = `${this.localName}.json`;
        this.given = own ? JSON.parse(own) : await (files[name] ??= fetch(file(name)).then((answer) => answer.json()));
      }
      if (this.isConnected) super.connectedCallback();
    }
  };
