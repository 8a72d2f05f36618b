// Passkeys: sign in with one, add one, tell the browser which ones count. Pages stand without this file.
(async () => {
  "use strict";
  const api = window.PublicKeyCredential;
  const find = (selector) => document.querySelector(selector);
  const form = find("[data-passkey]");
  const told = find("[data-signal]");
  if (told && api) {
    for (const [call, value] of Object.entries(JSON.parse(told.dataset.signal))) api[call]?.(value).catch(() => {});
  }
  if (!form) return;
  const button = form.querySelector("[data-start]");
  if (!api?.parseRequestOptionsFromJSON) {
    form.hidden = true;
    return;
  }
  const create = form.dataset.passkey === "create";
  const say = (name) => document.querySelectorAll("[data-trouble]").forEach((text) => (text.hidden = text.dataset.trouble !== name));

  const run = async (more) => {
    const answer = await fetch(form.dataset.options);
    if (!answer.ok) throw answer;
    const options = await answer.json();
    const made = create
      ? await navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(options), ...more })
      : await navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(options), ...more });
    form.elements.credential.value = JSON.stringify(made.toJSON());
    form.submit();
  };

  // Autofill waits in the field for the identifier; its challenge is renewed before it expires.
  let waiting = null;
  const wait = () => {
    waiting?.abort();
    waiting = new AbortController();
    run({ mediation: "conditional", signal: waiting.signal }).catch(() => {});
  };
  const autofill = !create && find("[autocomplete~=webauthn]") && (await api.isConditionalMediationAvailable?.());
  if (autofill) {
    wait();
    setInterval(wait, 480000);
  }

  button.addEventListener("click", async () => {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    say("");
    waiting?.abort();
    try {
      await run({});
    } catch (error) {
      say(error.name === "InvalidStateError" ? "known" : "none");
      button.ariaBusy = null;
      if (autofill) wait();
    }
  });

  addEventListener("pageshow", () => (button.ariaBusy = null));

  // A device that can keep a passkey is offered one after a sign-in with a password.
  const able = find("[name=passkeys]");
  if (able && (await api.isUserVerifyingPlatformAuthenticatorAvailable())) able.value = "1";
})();
