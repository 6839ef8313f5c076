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
