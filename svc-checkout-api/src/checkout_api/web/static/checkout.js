"use strict";

(() => {
  const config = JSON.parse(document.getElementById("config").textContent);
  const form = document.getElementById("pay");
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = new Intl.DateTimeFormat(config.locale, { dateStyle: "medium", timeStyle: "short" })
      .format(new Date(time.dateTime));
  }
  if (!form) return;

  const button = document.getElementById("submit");
  const errorBox = document.getElementById("error");
  const email = form.elements.namedItem("email");
  const emailError = document.getElementById("email-error");
  const base = "/checkout/" + config.shortCode;
  const cards = new Map();
  const inputs = [...form.querySelectorAll("input[name=provider]")];
  let isPaying = false;

  const chosen = () => inputs.find((input) => input.checked);

  function showError(text) {
    errorBox.textContent = text;
    errorBox.hidden = false;
    errorBox.focus();
  }

  function clearError() {
    errorBox.hidden = true;
    errorBox.textContent = "";
    markEmail(false);
  }

  /** What is wrong with the address stands at its field, in the place of the hint. */
  function markEmail(isWrong) {
    if (!email) return;
    if (isWrong) email.setAttribute("aria-invalid", "true");
    else email.removeAttribute("aria-invalid");
    document.getElementById("email-hint").hidden = isWrong;
    emailError.hidden = !isWrong;
    emailError.textContent = isWrong ? config.texts.error_email : "";
    if (isWrong) email.focus();
  }

  function setBusy(isBusy) {
    isPaying = isBusy;
    button.setAttribute("aria-busy", String(isBusy));
    for (const input of form.querySelectorAll("input")) input.disabled = isBusy;
    showChosen();
  }

  /**
   * Panels, card form and button follow from the checked radio alone, checked by the customer, or by the browser
   * that restores a page (reload, Back, a page kept in memory), with or without an event.
   */
  function showChosen() {
    const input = chosen();
    for (const panel of form.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== input?.value;
    button.disabled = isPaying || !input;
    if (!input) return;
    button.dataset.provider = input.value;
    button.dataset.type = input.dataset.type;
    button.textContent = isPaying ? config.texts.processing : input.dataset.button;
    if (input.dataset.kind === "card") card(input.value).catch(() => {});
  }

  // --- card fields: drawn by the provider's script, behind the adapter in its folder ---------------------------------

  function cardPlace(providerId) {
    return form.querySelector(`[data-card="${CSS.escape(providerId)}"]`);
  }

  /** Account without a public key: an error, like a script that does not load. */
  async function mountCard(providerId) {
    const options = config.cards[providerId];
    const place = cardPlace(providerId);
    const loading = place.querySelector("[data-loading]");
    const onReady = () => { if (loading) loading.hidden = true; };
    return window.gatewayCardFields[options.type].mount(place, { ...options, currency: config.currency, onReady });
  }

  function card(providerId) {
    if (!cards.has(providerId)) {
      const pending = mountCard(providerId);
      cards.set(providerId, pending);
      pending.catch(() => {
        cards.delete(providerId);
        const loading = cardPlace(providerId).querySelector("[data-loading]");
        loading.textContent = config.texts.card_unavailable;
      });
    }
    return cards.get(providerId);
  }

  function declineText(error) {
    const known = [error.decline_code, error.code].map((code) => config.texts["decline_" + code]).find(Boolean);
    return known || error.message || config.texts.decline_generic;
  }

  async function confirmCard(cardForm, started) {
    const returnPath = base + "/return/" + started.transactionId;
    const error = await cardForm.confirm(started.nextAction.clientSecret, location.origin + returnPath);
    if (error) throw { text: declineText(error) };
    location.assign(returnPath);
  }

  // --- paying ------------------------------------------------------------------------------------------------------

  function randomKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function errorText(status, body) {
    if (body.code === "CHECKOUT_ALREADY_PENDING") return config.texts.error_pending;
    if (status === 503 || status === 429) return config.texts.error_unavailable;
    return config.texts.error_generic;
  }

  async function post(path, body, key) {
    let response;
    try {
      response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(body),
      });
    } catch {
      throw { text: config.texts.error_offline, isRetryable: true };
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    if (answer.code === "PAYMENT_METHOD_MISMATCH") throw { text: config.texts.error_method };
    if (answer.code === "PAYMENT_REFUSED") throw { text: config.texts.error_refused };
    if (response.status === 409 && answer.code !== "CHECKOUT_ALREADY_PENDING") {
      // The session ended meanwhile: its own page says how.
      location.reload();
      return new Promise(() => {});
    }
    throw {
      text: errorText(response.status, answer),
      isRetryable: response.status === 503,
      isEmail: response.status === 422 && (answer.details || []).some((item) => item.field.endsWith("email")),
    };
  }

  async function create(shown) {
    const billing = {};
    for (const name of ["email", "name"]) {
      const field = form.elements.namedItem(name);
      if (field && field.value.trim()) billing[name] = field.value.trim();
    }
    const body = { shortCode: config.shortCode, providerId: shown.provider, providerType: shown.type, billingAddress: billing };
    const key = randomKey();
    try {
      return await post("/api/v1/transactions/create", body, key);
    } catch (failure) {
      if (!failure.isRetryable) throw failure;
      // The same key: if the first request did arrive, this one gets its answer.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return post("/api/v1/transactions/create", body, key);
    }
  }

  async function follow(started, cardForm) {
    const action = started.nextAction;
    if (started.status === 2) {
      const failure = started.failure || {};
      throw { text: declineText({ decline_code: failure.providerCode, code: (failure.code || "").toLowerCase() }) };
    }
    if (cardForm && action.clientSecret) return confirmCard(cardForm, started);
    if (action.type === "redirect" && action.url) return location.assign(action.url);
    return location.assign(base + "/result/" + started.transactionId);
  }

  /** Pays as the button said when it was pressed. */
  async function pay(shown) {
    let cardForm = null;
    if (shown.kind === "card") {
      try {
        cardForm = await card(shown.provider);
      } catch {
        throw { text: config.texts.card_unavailable };
      }
      const error = await cardForm.check();
      if (error) throw { text: error.message || config.texts.decline_generic };
    }
    await follow(await create(shown), cardForm);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const input = chosen();
    if (!input || isPaying) return;
    clearError();
    const shown = { provider: button.dataset.provider, type: button.dataset.type, kind: input.dataset.kind };
    if (shown.provider !== input.value) {
      // Restored after the page was shown, and pressed before it followed.
      showChosen();
      return showError(config.texts.error_method);
    }
    if (email && !email.checkValidity()) return markEmail(true);
    setBusy(true);
    try {
      await pay(shown);
    } catch (failure) {
      setBusy(false);
      if (failure.isEmail && email) markEmail(true);
      else showError(failure.isEmail ? config.texts.error_email : failure.text || config.texts.error_generic);
    }
  });

  if (email) email.addEventListener("input", () => markEmail(false));

  // The card form belongs to the provider: it grows when it finds a mistake, which it looks for when a press elsewhere
  // takes its focus away. Between press and release nothing may move, or the browser loses the click.
  function holdStill(isPressed) {
    for (const place of form.querySelectorAll("[data-card]")) {
      const { height } = place.getBoundingClientRect();
      place.classList.toggle("held", isPressed);
      place.style.height = isPressed && height ? height + "px" : "";
    }
  }

  document.addEventListener("pointerdown", (event) => { if (event.button === 0) holdStill(true); }, true);
  for (const end of ["pointerup", "pointercancel", "contextmenu"]) {
    // The click is sent right after the release, before any timer.
    document.addEventListener(end, () => setTimeout(() => holdStill(false)), true);
  }

  form.addEventListener("change", (event) => {
    if (event.target.name !== "provider") return;
    clearError();
    showChosen();
  });

  // A page that comes back from the browser's memory was left busy; one that is made again has its fields restored after
  // this script ran. On a slow page, the customer may be paying before everything has loaded.
  window.addEventListener("pageshow", (event) => { if (event.persisted || !isPaying) setBusy(false); });

  for (const element of document.querySelectorAll(".plain")) element.remove();
  form.noValidate = true;
  setBusy(false);
  document.documentElement.dataset.ready = "true";
})();
