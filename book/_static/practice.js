// Shows what there is to say of the result or the order that a reader has chosen, and keeps it in this browser alone.
// The items of an inventory are answered at the end of the page, when the reader asks for the score.
const kept = (form, value) => {
  try {
    const key = `convnets-${form.id.split("-")[0]}:${form.dataset.name}`;
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

for (const form of document.querySelectorAll("form.practice:not(.score)")) {
  form.addEventListener("submit", (event) => event.preventDefault());
}

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
    kept(form, event.target.value);
    if (isItem) form.querySelector(".said").replaceChildren();
    else show(form, answers, event.target.value);
  });
  const before = form.querySelector(`input[value="${Number(kept(form) ?? -1)}"]`);
  if (before) {
    before.checked = true;
    if (!isItem) show(form, answers, before.value);
  }
}

// Orders are a graph: from its last node each line that may come next leads to another node, and at last to 0 where the
// visible tests pass, or to -1, -2 … where the order is wrong as a known mistake is.
const graph = (text) =>
  text.split(";").map((node) => new Map(node.split(" ").filter(Boolean).map((pair) => pair.split(":").map(Number))));

const judge = (nodes, order) => {
  const works = nodes.map((_, number) => number === 0);
  nodes.forEach((node, number) => {
    if (number) works[number] = [...node.values()].some((to) => to >= 0 && works[to]);
  });
  let at = nodes.length - 1;
  let good = 0; // lines with which an order that works begins
  for (const [place, line] of order.entries()) {
    at = at > 0 ? nodes[at].get(line) : undefined;
    if (at === undefined) break;
    if (at >= 0 && works[at] && good === place) good += 1;
  }
  return { end: at !== undefined && at <= 0 ? at : null, good };
};

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

for (const form of document.querySelectorAll("form.arrange")) {
  const { count, orders, hints, words } = JSON.parse(form.querySelector("script").textContent);
  const nodes = graph(orders);
  const said = form.querySelector(".said");
  const [chosen, pool] = [form.querySelector(".chosen"), form.querySelector(".lines")];
  const lines = [...pool.children];
  const letter = (item) => item.querySelector("b").textContent;
  const order = () => [...chosen.children].map((item) => Number(item.dataset.line));

  const say = (html, state = "") => {
    said.className = `said ${state}`;
    said.innerHTML = html;
  };

  const button = (kind, sign, act) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: kind, textContent: sign });
    made.addEventListener("click", act);
    return made;
  };

  const refresh = () => {
    for (const item of lines) {
      const here = item.parentNode === chosen;
      for (const each of item.querySelectorAll("button")) {
        each.hidden = here === (each.className === "use");
        each.setAttribute("aria-label", filled(words[each.className], { line: letter(item) }));
      }
      item.querySelector(".up").disabled = here && !item.previousElementSibling;
      item.querySelector(".down").disabled = here && !item.nextElementSibling;
    }
    kept(form, order().join(" "));
  };

  // The focus goes where the next step is likely to be; a button that has just been switched off cannot keep it.
  const move = (item, act, next) => {
    act();
    refresh();
    const there = [...chosen.children].indexOf(item) + 1;
    const values = { line: letter(item), place: there, count: chosen.children.length };
    say(filled(there ? words.used : words.out, values));
    [...next(), check].find((each) => each && !each.disabled && !each.hidden)?.focus();
  };

  const own = (item, ...kinds) => kinds.map((kind) => item?.querySelector(`.${kind}`));

  for (const item of lines) {
    const tools = document.createElement("span");
    tools.className = "tools";
    tools.append(
      button("use", "+", () => {
        const after = item.nextElementSibling ?? item.previousElementSibling;
        move(item, () => chosen.append(item), () => own(after, "use"));
      }),
      button("up", "↑", () =>
        move(item, () => item.previousElementSibling.before(item), () => own(item, "up", "down")),
      ),
      button("down", "↓", () =>
        move(item, () => item.nextElementSibling.after(item), () => own(item, "down", "up")),
      ),
      button("back", "×", () => {
        const after = item.nextElementSibling ?? item.previousElementSibling;
        const behind = lines.slice(lines.indexOf(item)).find((each) => each.parentNode === pool);
        move(item, () => (behind ? behind.before(item) : pool.append(item)), () => [
          ...own(after, "back"),
          ...own(item, "use"),
        ]);
      }),
    );
    item.append(tools);
  }

  const check = button("check", words.check, () => {
    const now = order();
    const { end, good } = judge(nodes, now);
    if (now.length !== count) {
      say(`${words.wrong} ${filled(words.number, { wanted: count, count: now.length })}`, "wrong");
    } else if (end === 0) {
      say(words.right, "right");
    } else if (end !== null) {
      say(`${words.wrong} ${hints[-end - 1]}`, "wrong");
    } else {
      const text = [words.first, words.next][good] ?? words.later;
      say(`${words.wrong} ${filled(text, { count: good, line: letter(chosen.children[good]) })}`, "wrong");
    }
  });
  said.before(check);

  for (const line of (kept(form) ?? "").split(" ").filter(Boolean)) {
    if (lines[line]) chosen.append(lines[line]);
  }
  refresh();
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
      kept(form, null);
    }
    said.replaceChildren();
    fold(true);
  });
  const buttons = document.createElement("p");
  buttons.append(button("submit", "Score my answers"), " ", button("reset", "Clear all answers"));
  score.prepend(buttons);
  fold(true);
}
