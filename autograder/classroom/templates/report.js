// Sort a table by a column: its headings become buttons. Without this script the table is as it was written.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const order = (a, b) => (a !== "" && b !== "" && Number.isFinite(a - b) ? a - b : collator.compare(a, b));
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const first = "largestFirst" in heading.dataset ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = heading.getAttribute("aria-sort") === first ? other : first;
      for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", direction);
      const sign = direction === "ascending" ? 1 : -1;
      const rows = [...body.rows];
      rows.sort((a, b) => sign * order(value(a, column), value(b, column)));
      body.append(...rows);
    });
  });
}
// Show only the submissions with a flag.
for (const choice of document.querySelectorAll("select.filter")) {
  choice.hidden = choice.labels[0].hidden = false;
  const rows = document.getElementById(choice.dataset.table).tBodies[0].rows;
  choice.addEventListener("change", () => {
    for (const row of rows) row.hidden = choice.value !== "" && !row.dataset.flags.split("|").includes(choice.value);
  });
}
