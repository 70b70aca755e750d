// Appended to govuk-frontend's module: tell its stylesheet that it runs, and start its components.
document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
