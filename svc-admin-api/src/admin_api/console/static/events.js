// The event stream: new events at the top, and after a lost connection no gap. The list works without it.
"use strict";

{
  const ROWS_MAX = 200;
  const FIRST_WAIT_MS = 1000;
  const LONGEST_WAIT_MS = 30000;
  // A sign of life comes every 15 seconds.
  const SILENCE_MS = 45000;

  const rows = document.querySelector("[data-rows]");
  const tail = document.querySelector("[data-tail]");
  const blank = document.querySelector("[data-row]");

  for (const button of rows.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  rows.addEventListener("click", async ({ target }) => {
    if (!target.matches("[data-copy]")) return;
    await navigator.clipboard.writeText(target.parentElement.querySelector("pre").textContent);
    target.textContent = target.dataset.copied;
  });

  function written(text) {
    return new Date(text).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
  }

  function show(event) {
    const row = blank.content.cloneNode(true);
    const at = (selector) => row.querySelector(selector);
    at("time").dateTime = event.time;
    at("time").textContent = written(event.time);
    at(".type").textContent = event.type;
    at(".entity").textContent = event.entityId;
    at(".story").search = new URLSearchParams({ entityId: event.entityId });
    if (at(".payment") && event.data.transactionId) {
      at(".payment").pathname += event.data.transactionId;
      at(".payment").hidden = false;
    }
    at("pre").textContent = JSON.stringify(event, null, 2);
    at("[data-copy]").hidden = !navigator.clipboard;
    rows.prepend(row);
    while (rows.childElementCount > ROWS_MAX) rows.lastElementChild.remove();
    document.querySelector("[data-empty]")?.remove();
  }

  if (tail) {
    const state = tail.querySelector("[data-state]");
    const toggle = tail.querySelector("[data-toggle]");
    const missing = document.querySelector("[data-missing]");
    let place = tail.dataset.cursor;
    let isPaused = false;
    let turn = 0;
    let connection = new AbortController();

    const say = (word, more = "") => {
      if (state.dataset.is === word) return;
      state.dataset.is = word;
      state.textContent = state.dataset[word] + (more && `: ${more}`);
    };

    // Whether the stream goes on: after the body of an error.
    const goesOn = (status, body) => {
      if (body.code === "CURSOR_EXPIRED") {
        place = body.resumeCursor;
        missing.textContent = `${missing.dataset.missing} ${written(body.missingFrom)}`;
        missing.hidden = false;
      }
      return [401, 410, 429].includes(status) || status >= 500;
    };

    const take = (block) => {
      const fields = {};
      for (const line of block.split("\n")) {
        const [name, ...rest] = line.split(": ");
        fields[name] = rest.join(": ");
      }
      if (fields.id) place = fields.id;
      if (fields.event === "problem") goesOn(0, JSON.parse(fields.data));
      else if (fields.event) show(JSON.parse(fields.data));
    };

    const read = async (body) => {
      let text = "";
      let silence = 0;
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      try {
        for (;;) {
          silence = setTimeout(() => connection.abort(), SILENCE_MS);
          const { done, value } = await reader.read();
          clearTimeout(silence);
          if (done) return;
          const blocks = (text + value).split("\n\n");
          text = blocks.pop();
          blocks.forEach(take);
        }
      } finally {
        clearTimeout(silence);
      }
    };

    // One connection; whether there may be another one.
    const connect = async () => {
      connection = new AbortController();
      const { signal } = connection;
      const headers = place ? { "last-event-id": place } : {};
      const answer = await fetch(tail.dataset.stream, { headers, signal, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") {
        say("over");
        return false;
      }
      if (answer.ok) {
        say("live");
        await read(answer.body);
        return true;
      }
      const body = await answer.json();
      const again = goesOn(answer.status, body);
      if (!again) say("refused", body.error);
      return again;
    };

    const stop = () => {
      turn += 1;
      connection.abort();
    };

    const follow = async () => {
      // One connection at a time: two would show each event twice.
      stop();
      const mine = turn;
      let wait = FIRST_WAIT_MS;
      while (mine === turn) {
        const before = place;
        try {
          if (!(await connect())) {
            toggle.hidden = true;
            return;
          }
        } catch (problem) {
          if (!(problem instanceof TypeError || problem.name === "AbortError" || problem instanceof SyntaxError)) throw problem;
        }
        if (mine !== turn) return;
        say("lost");
        wait = place === before ? Math.min(wait * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
        await new Promise((done) => setTimeout(done, wait));
      }
    };

    toggle.addEventListener("click", () => {
      isPaused = !isPaused;
      toggle.textContent = isPaused ? toggle.dataset.resume : toggle.dataset.pause;
      if (isPaused) {
        stop();
        say("paused");
      } else {
        follow();
      }
    });
    // A page in the background holds no stream; it catches up afterwards.
    document.addEventListener("visibilitychange", () => {
      if (isPaused || toggle.hidden) return;
      if (document.hidden) stop();
      else follow();
    });
    toggle.textContent = toggle.dataset.pause;
    toggle.hidden = false;
    say("connecting");
    if (!document.hidden) follow();
  }
}
