// Shows what there is to say of the result that a reader has chosen, and keeps the choice in this browser alone.
const kept = (name, value) => {
  try {
    const key = `convnets-predict:${name}`;
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch {
    return null; // a browser may keep nothing
  }
};

for (const form of document.querySelectorAll("form.predict")) {
  const answers = form.querySelectorAll("details li");
  const said = form.querySelector(".said");
  const show = (number) => {
    said.className = `said ${answers[number].className}`;
    said.innerHTML = answers[number].innerHTML;
  };
  form.querySelector("details").classList.add("with-script");
  form.addEventListener("change", (event) => {
    show(event.target.value);
    kept(form.dataset.name, event.target.value);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  const before = form.querySelector(`input[value="${Number(kept(form.dataset.name) ?? -1)}"]`);
  if (before) {
    before.checked = true;
    show(before.value);
  }
}
