"use strict";

/** Stripe's Payment Element as the card fields of the checkout page. */
(() => {
  let loaded = null;

  /** The script is added here, not in the page, so that its failure is always noticed and can be retried. */
  function load(url) {
    loaded ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const fail = () => {
        loaded = null;
        script.remove();
        reject(new Error("not loaded"));
      };
      script.addEventListener("load", () => (window.Stripe ? resolve(window.Stripe) : fail()));
      script.addEventListener("error", fail);
      script.src = url;
      document.head.append(script);
    });
    return loaded;
  }

  function appearance(color) {
    const isDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    return {
      theme: isDark ? "night" : "stripe",
      variables: { colorPrimary: color, colorBackground: isDark ? "#262c2a" : "#ffffff", borderRadius: "8px" },
    };
  }

  /** Draws the fields in `place`. Both methods of the result answer an error, or nothing. */
  async function mount(place, options) {
    const Stripe = await load(options.script);
    const stripe = Stripe(options.key, { locale: options.locale });
    const elements = stripe.elements({
      mode: "payment",
      amount: options.amount,
      currency: options.currency,
      appearance: appearance(options.color),
    });
    const fields = elements.create("payment", { layout: "tabs" });
    const element = document.createElement("div");
    place.append(element);
    fields.on("ready", options.onReady);
    fields.mount(element);
    return {
      check: async () => (await elements.submit()).error,
      confirm: async (clientSecret, returnUrl) => {
        const confirmParams = { return_url: returnUrl };
        return (await stripe.confirmPayment({ elements, clientSecret, confirmParams, redirect: "if_required" })).error;
      },
    };
  }

  (window.gatewayCardFields ||= {}).stripe = { mount };
})();
