/* The card form inside its frame. */
"use strict";

const form = document.getElementById("card");
const [numberField, expiryField, cvcField, countryField] = ["number", "expiry", "cvc", "country"].map((id) =>
  document.getElementById(id),
);
let texts = TEXTS.en;
let hidden = new Set();

const digitsOf = (field) => field.value.replace(/\D/g, "");
const isAmex = () => /^3[47]/.test(digitsOf(numberField));

const passesLuhn = (digits) => {
  let total = 0;
  [...digits].reverse().forEach((digit, position) => {
    const doubled = Number(digit) * (position % 2 ? 2 : 1);
    total += doubled > 9 ? doubled - 9 : doubled;
  });
  return total % 10 === 0;
};

/** Grouped digits, with the caret kept behind the same digit. */
const regroup = (field, format) => {
  const before = field.value.slice(0, field.selectionStart).replace(/\D/g, "").length;
  const atEnd = field.selectionStart === field.value.length;
  field.value = format(digitsOf(field));
  let position = field.value.length;
  if (!atEnd) {
    position = 0;
    for (let seen = 0; position < field.value.length && seen < before; position += 1) {
      if (/\d/.test(field.value[position])) seen += 1;
    }
  }
  if (document.activeElement === field) field.setSelectionRange(position, position);
};

const groupNumber = (digits) => {
  const sizes = isAmex() ? [4, 6, 5] : [4, 4, 4, 4, 3];
  const parts = [];
  let rest = digits.slice(0, isAmex() ? 15 : 19);
  for (const size of sizes) {
    if (rest) parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return parts.join(" ");
};

const groupExpiry = (digits) => {
  // A browser's autofill may write the year with four digits.
  const month = digits.length === 1 && digits > "1" ? `0${digits}` : digits.slice(0, 2);
  const year = digits.length > 4 ? digits.slice(4, 6) : digits.slice(2, 4);
  return year ? `${month} / ${year}` : month;
};

const problemOf = {
  number: () => {
    const digits = digitsOf(numberField);
    if (digits.length < (isAmex() ? 15 : 16)) return "incomplete_number";
    return passesLuhn(digits) ? null : "invalid_number";
  },
  expiry: () => {
    const digits = digitsOf(expiryField);
    const month = Number(digits.slice(0, 2));
    if (digits.length !== 4 || month < 1 || month > 12) return "incomplete_expiry";
    const now = new Date();
    const past = 2000 + Number(digits.slice(2)) < now.getFullYear() ||
      (2000 + Number(digits.slice(2)) === now.getFullYear() && month < now.getMonth() + 1);
    return past ? "invalid_expiry_year_past" : null;
  },
  cvc: () => (digitsOf(cvcField).length === (isAmex() ? 4 : 3) ? null : "incomplete_cvc"),
};

const show = (name, problem) => {
  const field = document.getElementById(name);
  document.getElementById(`${name}-error`).textContent = problem ? texts[problem] : "";
  if (problem) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
};

const announceChange = () => {
  const fields = [numberField, expiryField, cvcField];
  announce("change", {
    empty: fields.every((field) => !field.value),
    complete: Object.values(problemOf).every((check) => !check()),
    collapsed: false,
    value: { type: "card" },
  });
};

const translate = (locale) => {
  const language = languageOf(locale);
  texts = TEXTS[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = texts[element.dataset.text];
  const names = new Intl.DisplayNames([language], { type: "region" });
  const chosen = countryField.value || (navigator.language.split("-")[1] || "DE").toUpperCase();
  const options = COUNTRIES.map((code) => new Option(names.of(code), code, false, code === chosen));
  options.sort((one, other) => one.text.localeCompare(other.text, language));
  countryField.replaceChildren(...options);
};

const VARIABLES = {
  colorPrimary: "--primary", colorBackground: "--background", colorText: "--text", colorDanger: "--danger",
  colorTextSecondary: "--muted", colorTextPlaceholder: "--muted", borderRadius: "--radius", fontFamily: "--font",
  fontSizeBase: "--size",
};

const dress = ({ theme, variables = {} }) => {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  for (const [name, property] of Object.entries(VARIABLES)) {
    const value = variables[name];
    // Values come from the page; they may style, not load.
    if (typeof value === "string" && /^[\w\s#%.,()"'-]{1,200}$/.test(value) && !/url/i.test(value)) {
      root.style.setProperty(property, value);
    }
  }
};

const configure = ({ appearance, locale, element }) => {
  if (appearance) dress(appearance);
  if (locale) translate(locale);
  if (element) {
    const billing = element.fields?.billingDetails;
    const never = billing === "never" || billing?.address === "never" || billing?.address?.country === "never";
    hidden = new Set(never ? ["country"] : []);
    document.querySelector('[data-field="country"]').hidden = never;
    const country = element.defaultValues?.billingDetails?.address?.country;
    if (country && COUNTRIES.includes(country)) countryField.value = country;
    for (const field of [numberField, expiryField, cvcField, countryField]) field.disabled = Boolean(element.readOnly);
  }
};

const submit = () => {
  const problems = Object.entries(problemOf).map(([name, check]) => [name, check()]);
  for (const [name, problem] of problems) show(name, problem);
  const first = problems.find(([, problem]) => problem);
  if (!first) return {};
  document.getElementById(first[0]).focus();
  return { error: { type: "validation_error", code: first[1], message: texts[first[1]] } };
};

const mismatch = async (clientSecret, expected) => {
  const { error, paymentIntent } = await retrieveIntent({ clientSecret });
  if (error) return error;
  const same = paymentIntent.amount === expected.amount && paymentIntent.currency === expected.currency.toLowerCase();
  const message = "The amount or currency of the payment intent differs from what the payment form was opened with.";
  return same ? null : { type: "invalid_request_error", message };
};

const confirm = async ({ clientSecret, confirmParams, expected }) => {
  const { error } = submit();
  if (error) return { error };
  const refused = expected && (await mismatch(clientSecret, expected));
  if (refused) return { error: refused };
  const expiry = digitsOf(expiryField);
  const given = confirmParams.payment_method_data?.billing_details || {};
  const country = hidden.has("country") ? given.address?.country : countryField.value;
  return callApi("POST", `/v1/payment_intents/${encodeURIComponent(intentOf(clientSecret))}/confirm`, {
    client_secret: clientSecret,
    return_url: confirmParams.return_url,
    payment_method_data: {
      type: "card",
      billing_details: { ...given, address: { ...given.address, country } },
      card: {
        number: digitsOf(numberField), exp_month: expiry.slice(0, 2), exp_year: expiry.slice(2), cvc: digitsOf(cvcField),
      },
    },
  });
};

numberField.addEventListener("input", () => {
  regroup(numberField, groupNumber);
  const digits = digitsOf(numberField);
  document.getElementById("brand").textContent =
    /^4/.test(digits) ? "Visa" : /^(5[1-5]|2[2-7])/.test(digits) ? "Mastercard" : isAmex() ? "Amex" : "";
});
expiryField.addEventListener("input", () => regroup(expiryField, groupExpiry));
cvcField.addEventListener("input", () => regroup(cvcField, (digits) => digits.slice(0, isAmex() ? 4 : 3)));

for (const name of ["number", "expiry", "cvc"]) {
  const field = document.getElementById(name);
  field.addEventListener("input", () => show(name, null));
  field.addEventListener("blur", () => {
    if (field.value) show(name, problemOf[name]());
  });
}
form.addEventListener("input", announceChange);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("focusin", () => announce("focus"));
form.addEventListener("focusout", (event) => {
  if (!event.relatedTarget) announce("blur");
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") announce("escape");
});
new ResizeObserver(() => {
  const height = Math.ceil(document.body.scrollHeight);
  // A page that hides the form gets no height: it would have to grow again when it is shown.
  if (height) announce("height", { height });
}).observe(document.body);

translate("auto");
serve({
  configure,
  submit,
  confirm,
  focus: () => numberField.focus(),
  blur: () => document.activeElement?.blur(),
  clear: () => {
    form.reset();
    announceChange();
  },
});
