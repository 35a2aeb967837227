"use strict";

(() => {
  const config = JSON.parse(document.getElementById("config").textContent);
  const api = "/api/v1/transactions/" + config.transactionId;
  const errorBox = document.getElementById("error");
  let isLeaving = false;

  function showError(text) {
    errorBox.textContent = text;
    errorBox.hidden = false;
    errorBox.focus();
  }

  // --- copying bank details ----------------------------------------------------------------------------------------

  if (navigator.clipboard) {
    for (const button of document.querySelectorAll("[data-copy]")) {
      const label = button.textContent;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = config.texts.copied;
        setTimeout(() => { button.textContent = label; }, 2000);
      });
    }
  }

  const sent = document.getElementById("transfer-sent");
  if (sent) {
    sent.addEventListener("click", async (event) => {
      event.preventDefault();
      sent.disabled = true;
      sent.setAttribute("aria-busy", "true");
      try {
        const response = await fetch(api + "/mark-pending", { method: "POST" });
        // The page then waits instead of asking. Whatever the owner decided instead, its rendering says it best.
        if (response.ok || response.status === 409) return reload();
        showError(config.texts.error_unavailable);
      } catch {
        showError(config.texts.error_offline);
      }
      sent.disabled = false;
      sent.setAttribute("aria-busy", "false");
    });
  }

  // --- following the payment ---------------------------------------------------------------------------------------

  function reload() {
    if (isLeaving) return;
    isLeaving = true;
    location.reload();
  }

  function readyDocuments(state) {
    return (state.documents || []).filter((item) => item.isReady).length;
  }

  /** The server renders every state; this script only notices that there is a new one. */
  function compare(state) {
    if (differs(state) || readyDocuments(state) !== config.documents) reload();
  }

  function differs(state) {
    return Object.keys(config.shown).some((name) => state[name] !== config.shown[name]);
  }

  async function ask() {
    try {
      const response = await fetch(api + "/status");
      if (response.ok && differs(await response.json())) reload();
    } catch { /* offline for a moment: ask again */ }
  }

  function poll() {
    // The status says nothing of documents; the page itself does, so it is asked for a few times.
    const asked = Number(sessionStorage.getItem(config.transactionId) || 0);
    if (config.isPaid && asked < 6) {
      sessionStorage.setItem(config.transactionId, asked + 1);
      setTimeout(reload, 10000);
      return;
    }
    let delay = 2000;
    const again = async () => {
      await ask();
      if (isLeaving) return;
      delay = Math.min(delay * 1.5, 15000);
      setTimeout(again, delay);
    };
    setTimeout(again, delay);
  }

  function listen() {
    const source = new EventSource(api + "/events");
    let failures = 0;
    source.addEventListener("status", (event) => { failures = 0; compare(JSON.parse(event.data)); });
    source.addEventListener("end", () => { source.close(); settle(); });
    source.addEventListener("error", () => {
      failures += 1;
      if (source.readyState === EventSource.CLOSED || failures > 4) {
        source.close();
        poll();
      }
    });
    window.addEventListener("pagehide", () => source.close());
  }

  // --- going back to the shop --------------------------------------------------------------------------------------

  /** Nothing more will change: go back after a while, visibly, unless the customer stays. */
  function settle() {
    const line = document.getElementById("return-soon");
    if (!config.returnUrl || !line) return;
    let left = config.returnAfterS;
    const text = document.getElementById("return-text");
    const timer = setInterval(() => {
      left -= 1;
      if (left <= 0) {
        clearInterval(timer);
        location.assign(config.returnUrl);
      } else text.textContent = config.texts.return_soon.replace("{seconds}", left);
    }, 1000);
    text.textContent = config.texts.return_soon.replace("{seconds}", left);
    line.hidden = false;
    document.getElementById("stay").addEventListener("click", () => { clearInterval(timer); line.hidden = true; });
  }

  // A tab that was left open may say what is no longer so: after the end nothing is followed any more.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  // Back from the history, a page is as it was left.
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });

  if (config.isComplete) settle();
  else if (window.EventSource) listen();
  else poll();
})();
