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
    sent.addEventListener("click", async () => {
      sent.disabled = true;
      sent.setAttribute("aria-busy", "true");
      try {
        const response = await fetch(api + "/mark-pending", { method: "POST" });
        // Said once is enough: the page then waits instead of asking.
        if (response.ok) return leave(location.pathname + "?sent=1");
        // Whatever the owner decided instead, the page's own rendering says it best.
        if (response.status === 409) return reload();
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

  function leave(address) {
    if (isLeaving) return;
    isLeaving = true;
    location.replace(address);
  }

  function readyDocuments(state) {
    return (state.documents || []).filter((item) => item.isReady).length;
  }

  /** The server renders every state; this script only notices that there is a new one. */
  function compare(state) {
    if (state.status !== config.status || readyDocuments(state) !== config.documents) reload();
  }

  function poll() {
    // The status says nothing of documents; the page itself does, so it is asked for a few times.
    const asked = Number(sessionStorage.getItem(config.transactionId) || 0);
    if (config.status === "succeeded" && asked < 6) {
      sessionStorage.setItem(config.transactionId, asked + 1);
      setTimeout(reload, 10000);
      return;
    }
    let delay = 2000;
    const ask = async () => {
      if (isLeaving) return;
      try {
        const response = await fetch(api + "/status");
        if (response.ok) {
          const state = await response.json();
          if (state.status !== config.status) return reload();
        }
      } catch { /* offline for a moment: ask again */ }
      delay = Math.min(delay * 1.5, 15000);
      setTimeout(ask, delay);
    };
    setTimeout(ask, delay);
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
    const coming = document.getElementById("invoice-coming");
    if (coming) coming.hidden = true;
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

  if (config.isComplete) settle();
  else if (window.EventSource) listen();
  else poll();
})();
