// Passkeys, and moments in the reader's own time. Pages work without it except for the sign-in.
"use strict";

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.valueOf())) {
    time.title = time.textContent;
    time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
  }
}

// A secret that is shown once is copied by its button.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.done;
  });
}

// An image is taken from a file; the server sees its base64.
for (const label of document.querySelectorAll("[data-file-for]")) {
  label.hidden = false;
  label.querySelector("input").addEventListener("change", (event) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      document.getElementById(label.dataset.fileFor).value = reader.result.slice(reader.result.indexOf(",") + 1);
    });
    reader.readAsDataURL(event.target.files[0]);
  });
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error || data.code);
  return data;
}

async function signIn() {
  const begun = await post("/api/v1/auth", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.publicKey);
  const credential = await navigator.credentials.get({ publicKey });
  await post("/sign-in/complete", { ceremonyId: begun.ceremonyId, credential: credential.toJSON() });
}

async function register(form) {
  const filled = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  const { label, ...applicant } = filled;
  const begun = await post("/register/begin", applicant);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.publicKey);
  const credential = await navigator.credentials.create({ publicKey });
  const named = label ? { label } : {};
  const complete = { ceremonyId: begun.ceremonyId, token: applicant.token, credential: credential.toJSON(), ...named };
  await post("/register/complete", complete);
}

async function addPasskey(form) {
  const label = new FormData(form).get("label");
  const begun = await post("/account/passkeys/begin", {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.publicKey);
  const credential = await navigator.credentials.create({ publicKey });
  const named = label ? { label } : {};
  await post("/account/passkeys/complete", { ceremonyId: begun.ceremonyId, credential: credential.toJSON(), ...named });
}

const ceremonies = { "sign-in": signIn, register, passkey: addPasskey };

// The token of a one-time link stands in the fragment, which is not sent to the server.
const token = document.querySelector("#token");
if (token && location.hash) {
  token.value = decodeURIComponent(location.hash.slice(1));
  // Nor shall the browser's history keep it.
  history.replaceState(null, "", location.pathname);
}

const ceremony = document.querySelector("[data-ceremony]");
if (ceremony) {
  const start = ceremony.querySelector("[data-start]");
  const error = ceremony.querySelector("[data-error]");
  const run = async (event) => {
    event.preventDefault();
    if (ceremony.reportValidity && !ceremony.reportValidity()) return;
    start.disabled = true;
    error.hidden = true;
    try {
      await ceremonies[ceremony.dataset.ceremony](ceremony);
      location.assign(ceremony.dataset.next || "/");
    } catch (problem) {
      // A person who closes the browser's own dialog sees a sentence of the page, not the browser's.
      const known = problem.name === "Error" ? problem.message : "";
      error.textContent = known || ceremony.querySelector("[data-failed]").textContent;
      error.hidden = false;
      start.disabled = false;
    }
  };
  ceremony.addEventListener(ceremony.tagName === "FORM" ? "submit" : "click", (event) => {
    if (ceremony.tagName === "FORM" || event.target === start) run(event);
  });
}
