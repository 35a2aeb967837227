/* A drop-in Stripe.js for tests. Card fields live in a frame of this script's origin and never touch the page. */
(() => {
  "use strict";

  if (window.Stripe) return;
  const ORIGIN = new URL(document.currentScript.src).origin;
  const PAGE_ORIGIN = window.location.origin;
  let serial = 0;

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = "IntegrationError";
    }
  }

  /** One frame of ours: asks by message, gets each answer as a promise, hears events. */
  class Frame {
    constructor(path, parameters, onEvent) {
      const query = new URLSearchParams({ ...parameters, page: PAGE_ORIGIN });
      this.element = document.createElement("iframe");
      this.element.src = `${ORIGIN}${path}?${query}`;
      this.element.setAttribute("allow", "payment *");
      this.pending = new Map();
      this.onEvent = onEvent;
      this.ready = new Promise((resolve) => {
        this.becomeReady = resolve;
      });
      this.listener = (message) => this.receive(message);
      window.addEventListener("message", this.listener);
    }

    receive(message) {
      if (message.origin !== ORIGIN || message.source !== this.element.contentWindow) return;
      const { kind, id, answer, event, data } = message.data || {};
      if (kind === "answer" && this.pending.has(id)) {
        this.pending.get(id)(answer);
        this.pending.delete(id);
      } else if (kind === "event") {
        if (event === "ready") this.becomeReady();
        this.onEvent(event, data);
      }
    }

    async ask(request, data) {
      await this.ready;
      const id = `m${++serial}`;
      return new Promise((resolve) => {
        this.pending.set(id, resolve);
        this.element.contentWindow.postMessage({ kind: "request", id, request, data }, ORIGIN);
      });
    }

    tell(request, data) {
      this.ask(request, data);
    }

    close() {
      window.removeEventListener("message", this.listener);
      this.element.remove();
    }
  }

  class PaymentElement {
    constructor(group, options) {
      this.group = group;
      this.options = options || {};
      this.handlers = new Map();
      this.frame = null;
    }

    mount(target) {
      const parent = typeof target === "string" ? document.querySelector(target) : target;
      if (!parent) {
        throw new IntegrationError("The element to mount into does not exist in the page.");
      }
      this.unmount();
      const { pk, options } = this.group;
      this.frame = new Frame("/v3/elements-frame", { pk }, (event, data) => this.heard(event, data));
      Object.assign(this.frame.element, { title: "Secure payment input frame" });
      this.frame.element.style.cssText = "border:0;width:100%;height:300px;display:block;color-scheme:normal";
      parent.classList.add("StripeElement");
      parent.replaceChildren(this.frame.element);
      this.frame.tell("configure", {
        appearance: options.appearance || {},
        locale: options.locale || this.group.locale,
        element: this.options,
      });
    }

    heard(event, data) {
      if (event === "height") {
        this.frame.element.style.height = `${data.height}px`;
        return;
      }
      if (event === "change") {
        const { classList } = this.frame.element.parentElement;
        for (const [name, on] of Object.entries({ complete: data.complete, empty: data.empty })) {
          classList.toggle(`StripeElement--${name}`, on);
        }
      }
      for (const handler of this.handlers.get(event) || []) handler({ elementType: "payment", ...data });
    }

    on(event, handler) {
      this.handlers.set(event, [...(this.handlers.get(event) || []), handler]);
      return this;
    }

    once(event, handler) {
      const wrapped = (data) => {
        this.off(event, wrapped);
        handler(data);
      };
      return this.on(event, wrapped);
    }

    off(event, handler) {
      const rest = handler ? (this.handlers.get(event) || []).filter((entry) => entry !== handler) : [];
      this.handlers.set(event, rest);
      return this;
    }

    update(options) {
      Object.assign(this.options, options);
      if (this.frame) this.frame.tell("configure", { element: this.options });
      return this;
    }

    focus() {
      if (this.frame) this.frame.tell("focus");
    }

    blur() {
      if (this.frame) this.frame.tell("blur");
    }

    clear() {
      if (this.frame) this.frame.tell("clear");
    }

    collapse() {
      return this;
    }

    unmount() {
      if (this.frame) this.frame.close();
      this.frame = null;
    }

    destroy() {
      this.unmount();
      this.group.element = null;
    }
  }

  class Elements {
    constructor(stripe, options) {
      const given = options || {};
      if (!given.clientSecret && !given.mode) {
        throw new IntegrationError("elements() needs a clientSecret, or a mode with amount and currency.");
      }
      if (given.mode === "payment" && !(Number.isInteger(given.amount) && given.amount > 0 && given.currency)) {
        throw new IntegrationError("In payment mode, amount (integer, minor units) and currency are needed.");
      }
      this.pk = stripe.pk;
      this.locale = stripe.locale;
      this.options = { ...given };
      this.element = null;
      this.submitted = false;
    }

    create(type, options) {
      if (type !== "payment") throw new IntegrationError(`This Stripe.js has no element of type ${type}.`);
      if (this.element) throw new IntegrationError("A Payment Element exists already; use getElement.");
      this.element = new PaymentElement(this, options);
      return this.element;
    }

    getElement(type) {
      return type === "payment" || type === PaymentElement ? this.element : null;
    }

    update(options) {
      if (options.clientSecret) throw new IntegrationError("The client secret cannot be changed.");
      Object.assign(this.options, options);
      const { appearance, locale } = options;
      if (this.element?.frame && (appearance || locale)) this.element.frame.tell("configure", { appearance, locale });
    }

    async fetchUpdates() {
      return {};
    }

    async submit() {
      if (!this.element?.frame) throw new IntegrationError("elements.submit() needs a mounted Payment Element.");
      const { error } = await this.element.frame.ask("submit");
      this.submitted = !error;
      return error ? { error } : { selectedPaymentMethod: "card" };
    }
  }

  const returnTo = (target, intent) => {
    const url = new URL(target);
    url.searchParams.set("payment_intent", intent.id);
    url.searchParams.set("payment_intent_client_secret", intent.client_secret);
    url.searchParams.set("redirect_status", "succeeded");
    window.location.assign(url);
    return new Promise(() => {});
  };

  class StripeClient {
    constructor(pk, options) {
      if (typeof pk !== "string" || !/^pk_(test|live)_/.test(pk)) {
        throw new IntegrationError("Stripe() needs a publishable key (pk_test_… or pk_live_…).");
      }
      this.pk = pk;
      this.locale = options?.locale || "auto";
    }

    elements(options) {
      return new Elements(this, options);
    }

    /** A hidden frame for calls that need no card fields. */
    get controller() {
      if (!this.hidden) {
        this.hidden = new Frame("/v3/controller-frame", { pk: this.pk }, () => {});
        this.hidden.element.style.display = "none";
        this.hidden.element.setAttribute("aria-hidden", "true");
        document.body.append(this.hidden.element);
      }
      return this.hidden;
    }

    async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" } = {}) {
      const secret = clientSecret || elements?.options.clientSecret;
      if (!secret) throw new IntegrationError("confirmPayment() needs a clientSecret.");
      if (redirect !== "if_required" && !confirmParams.return_url) {
        throw new IntegrationError("confirmParams.return_url is needed unless redirect is 'if_required'.");
      }
      if (elements && !elements.options.clientSecret && !elements.submitted) {
        throw new IntegrationError("Call elements.submit() before confirmPayment() when the intent is created later.");
      }
      const frame = elements ? elements.element?.frame : this.controller;
      if (!frame) throw new IntegrationError("The Payment Element is not mounted.");
      const expected = elements?.options.mode ? { amount: elements.options.amount, currency: elements.options.currency } : null;
      const result = await frame.ask("confirm", { clientSecret: secret, confirmParams, expected });
      if (result.error) return result;
      return this.conclude(result.paymentIntent, confirmParams.return_url, redirect);
    }

    async handleNextAction({ clientSecret }) {
      const result = await this.retrievePaymentIntent(clientSecret);
      return result.error ? result : this.conclude(result.paymentIntent, null, "if_required");
    }

    conclude(intent, returnUrl, redirect) {
      const action = intent.next_action;
      if (intent.status === "requires_action" && action) {
        window.location.assign(action.redirect_to_url?.url || action.use_stripe_sdk.stripe_js);
        return new Promise(() => {});
      }
      return redirect === "if_required" ? { paymentIntent: intent } : returnTo(returnUrl, intent);
    }

    async retrievePaymentIntent(clientSecret) {
      return this.controller.ask("retrieve", { clientSecret });
    }
  }

  window.Stripe = (pk, options) => new StripeClient(pk, options);
  window.Stripe.version = 3;
})();
