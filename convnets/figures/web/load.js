// Loads the figures of a page. Browsers refuse the modules of a page that was opened from the disk; for those the book's
// build puts all of them into one script.
{
  const here = document.currentScript.src;
  if (location.protocol === "file:") {
    const script = document.createElement("script");
    script.src = new URL("bundle.js", here).href;
    document.head.append(script);
  } else import(new URL("index.js", here).href);
}

// The theme leaves the arrows of the table of contents without a name, and the book's title outside every landmark.
for (const summary of document.querySelectorAll("nav summary")) {
  const link = summary.closest("li")?.querySelector("a");
  if (!summary.textContent.trim() && link) summary.setAttribute("aria-label", link.textContent.trim());
}
const brand = document.querySelector(".navbar-brand")?.parentElement;
if (brand && !brand.closest("nav, header, main")) {
  brand.setAttribute("role", "navigation");
  brand.setAttribute("aria-label", document.querySelector(".navbar-brand").textContent.trim());
}
