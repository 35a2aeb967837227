/* What the frames share: answering the page that embeds them, and calling the API with the publishable key. */
"use strict";

const PARAMETERS = new URLSearchParams(window.location.search);
const PAGE = PARAMETERS.get("page");
const KEY = PARAMETERS.get("pk");

const flatten = (value, name, form) => {
  if (value === null || value === undefined) return form;
  if (typeof value === "object") {
    for (const [key, child] of Object.entries(value)) flatten(child, name ? `${name}[${key}]` : key, form);
  } else {
    form.append(name, String(value));
  }
  return form;
};

const callApi = async (method, path, parameters) => {
  const form = flatten(parameters, "", new URLSearchParams());
  const options = { method, headers: { Authorization: `Bearer ${KEY}` } };
  let url = path;
  if (method === "GET") url = `${path}?${form}`;
  else options.body = form;
  try {
    const answer = await fetch(url, options);
    const body = await answer.json();
    return body.error ? { error: body.error } : { paymentIntent: body };
  } catch {
    return { error: { type: "api_connection_error", message: "The payment service cannot be reached. Try again." } };
  }
};

const intentOf = (clientSecret) => String(clientSecret).split("_secret_")[0];

const retrieveIntent = ({ clientSecret }) =>
  callApi("GET", `/v1/payment_intents/${encodeURIComponent(intentOf(clientSecret))}`, { client_secret: clientSecret });

const announce = (event, data = {}) => window.parent.postMessage({ kind: "event", event, data }, PAGE);

/** Answers requests of the embedding page, and of no other. */
const serve = (requests) => {
  window.addEventListener("message", async (message) => {
    if (message.source !== window.parent || message.origin !== PAGE) return;
    const { kind, id, request, data } = message.data || {};
    if (kind !== "request" || !Object.hasOwn(requests, request)) return;
    const answer = (await requests[request](data || {})) || {};
    window.parent.postMessage({ kind: "answer", id, answer }, PAGE);
  });
  announce("ready");
};
