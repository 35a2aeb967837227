// Totals of a draft while it is written: the server computes them. The form works without it, by its button.
"use strict";

{
  const PAUSE_MS = 400;
  const form = document.querySelector("[data-live]");
  let waiting = 0;
  let request = new XMLHttpRequest();

  function compute() {
    request.abort();
    request = new XMLHttpRequest();
    // A document that the browser parses for a request runs no scripts, and needs no trusted types.
    request.responseType = "document";
    request.open("POST", form.dataset.live);
    request.onload = () => {
      const totals = request.response?.querySelector("#totals");
      if (request.status === 200 && totals) document.querySelector("#totals").replaceWith(document.adoptNode(totals));
    };
    request.send(new URLSearchParams(new FormData(form)));
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(compute, PAUSE_MS);
  });
}
