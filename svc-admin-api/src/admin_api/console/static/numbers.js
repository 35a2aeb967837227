// The next number by a layout that is being typed; the server computes it.
"use strict";

const PAUSE_MS = 400;
for (const output of document.querySelectorAll("output[data-example]")) {
  const slug = output.dataset.example;
  const form = document.querySelector(`form[action$="/${slug}"]`);
  if (!form) continue;
  // Beside the button too: the form is longer than a screen.
  const beside = document.createElement("output");
  beside.className = "example";
  form.querySelector("button").after(beside);
  let timer = 0;
  let asked = 0;
  const look = async () => {
    const number = ++asked;
    const filled = [...new FormData(form)].filter(([name]) => name.includes("."));
    const answer = await fetch(`/settings/invoicing/next-number?${new URLSearchParams([["form", slug], ...filled])}`);
    const data = answer.ok ? await answer.json() : {};
    if (number === asked) beside.textContent = data.number || data.problem || output.dataset.failed;
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
}
