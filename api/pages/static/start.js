// Appended to govuk-frontend's module: tell its stylesheet that it runs, draw maps when they come near the window, let
// fields for keys suggest records, and start its components.
document.body.classList.add("js-enabled", "govuk-frontend-supported");

const nearing = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (isIntersecting) {
        nearing.unobserve(target);
        const map = target.querySelector(".map[data-script]");
        import(map.dataset.script).then(({ show }) => show(map));
      }
    }
  },
  { rootMargin: "400px" },
);
for (const map of document.querySelectorAll(".map[data-script]")) {
  nearing.observe(map.closest(".where")); // the map itself takes no room until it is drawn
}

completing();
initAll();
