// What the theme leaves out for those who use a keyboard or a screen reader, and reading without a network.

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");
  makeScrollableFocusable();
  addEventListener("resize", makeScrollableFocusable);
  if (window.isSecureContext && "serviceWorker" in navigator && location.protocol !== "file:") {
    navigator.serviceWorker.register(`${document.documentElement.dataset.content_root}sw.js`);
  }
});

// The arrow keys scroll only what can have the focus.
function makeScrollableFocusable() {
  for (const each of document.querySelectorAll("article :is(.table-wrapper, .lesson, pre, table, div.math)")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
}
