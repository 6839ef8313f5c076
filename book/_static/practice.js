// Shows what there is to say of the result that a reader has chosen, and keeps the choice in this browser alone.
// The items of an inventory are answered at the end of the page, when the reader asks for the score.
const kept = (name, value) => {
  try {
    const key = `convnets-predict:${name}`;
    if (value === undefined) return localStorage.getItem(key);
    if (value === null) return localStorage.removeItem(key);
    localStorage.setItem(key, value);
  } catch {
    return null; // a browser may keep nothing
  }
};
const chosen = (form) => form.querySelector("input:checked")?.value;
const forms = [...document.querySelectorAll("form.predict")];
const score = document.querySelector("form.score");
const items = forms.filter((form) => !form.querySelector("details"));

const show = (form, answers, number) => {
  const said = form.querySelector(".said");
  said.className = `said ${answers[number].className}`;
  said.innerHTML = answers[number].innerHTML;
  return said;
};

for (const form of forms) {
  const answers = form.querySelectorAll("details li");
  const isItem = items.includes(form);
  form.querySelector("details")?.classList.add("with-script");
  form.addEventListener("change", (event) => {
    kept(form.dataset.name, event.target.value);
    if (isItem) form.querySelector(".said").replaceChildren();
    else show(form, answers, event.target.value);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  const before = form.querySelector(`input[value="${Number(kept(form.dataset.name) ?? -1)}"]`);
  if (before) {
    before.checked = true;
    if (!isItem) show(form, answers, before.value);
  }
}

if (score) {
  const said = score.querySelector(".said");
  const keys = [...score.querySelectorAll("details")];
  const button = (type, words) => Object.assign(document.createElement("button"), { type, textContent: words });
  const fold = (hidden) => keys.forEach((key) => Object.assign(key, { hidden, open: false }));

  // A chapter's line of the table: how many are right, and where to read again what was missed.
  const line = (key) => {
    const missed = [];
    let right = 0;
    for (const item of key.querySelectorAll("[data-of]")) {
      const form = document.getElementById(`predict-${item.dataset.of}`);
      const answers = item.querySelectorAll("li");
      const given = chosen(form);
      const place = given ?? [...answers].findIndex((answer) => answer.className === "right");
      const words = show(form, answers, place);
      if (given === undefined) words.className = "said none";
      if (given === undefined) words.prepend("No answer. ");
      words.append(" ", item.querySelector(".taught").cloneNode(true));
      if (words.classList.contains("right")) right += 1;
      else missed.push(item.querySelector(".taught a").outerHTML);
    }
    const of = key.querySelectorAll("[data-of]").length;
    const again = [...new Set(missed)].join("<br>") || "–";
    const row = document.createElement("tr");
    row.innerHTML = `<th scope="row"></th><td>${right} of ${of}</td><td>${again}</td>`;
    row.firstChild.textContent = key.dataset.chapter;
    return { right, of, row };
  };

  score.addEventListener("submit", (event) => {
    event.preventDefault();
    const lines = keys.map(line);
    const sum = (name) => lines.reduce((total, each) => total + each[name], 0);
    const answered = items.filter((form) => chosen(form) !== undefined).length;
    const { chance } = score.dataset;
    said.innerHTML = `<p><b>${sum("right")} of ${sum("of")} are right.</b> You answered ${answered}. Choosing blindly gives
      about ${chance}. What there is to say of each answer now stands below its question.</p><table><thead><tr>
      <th scope="col">Chapter</th><th scope="col">Right</th><th scope="col">Where it is taught</th></tr></thead>
      <tbody></tbody></table>`;
    said.querySelector("tbody").append(...lines.map((each) => each.row));
    fold(false);
  });
  score.addEventListener("reset", () => {
    for (const form of items) {
      form.reset();
      form.querySelectorAll("input").forEach((input) => (input.checked = false));
      form.querySelector(".said").replaceChildren();
      kept(form.dataset.name, null);
    }
    said.replaceChildren();
    fold(true);
  });
  const buttons = document.createElement("p");
  buttons.append(button("submit", "Score my answers"), " ", button("reset", "Clear all answers"));
  score.prepend(buttons);
  fold(true);
}
