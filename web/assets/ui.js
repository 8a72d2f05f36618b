// Comforts only: every page works without this file.
(() => {
  "use strict";
  const each = (selector, use) => document.querySelectorAll(selector).forEach(use);

  // Busy buttons. A second press is harmless; coming back with the Back button starts afresh.
  each("form", (form) => {
    let sent = null;
    form.addEventListener("submit", (event) => {
      if (sent) {
        event.preventDefault();
        return;
      }
      const button = event.submitter || form.querySelector("[type=submit]");
      sent = { button, timer: setTimeout(() => button && button.setAttribute("aria-busy", "true"), 300) };
    });
    addEventListener("pageshow", () => {
      if (!sent) return;
      clearTimeout(sent.timer);
      if (sent.button) sent.button.removeAttribute("aria-busy");
      sent = null;
    });
  });

  // Show and hide a password; hidden again before it is sent, so that browsers offer to save it.
  each("[data-reveal]", (button) => {
    const input = document.getElementById(button.dataset.reveal);
    const [show, hide] = button.querySelectorAll("span");
    const set = (open) => {
      input.type = open ? "text" : "password";
      button.setAttribute("aria-pressed", String(open));
      show.hidden = open;
      hide.hidden = !open;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      set(input.type === "password");
      input.focus();
    });
    input.form.addEventListener("submit", () => set(false));
  });

  // Caps Lock, told while typing.
  each("[data-caps]", (hint) => {
    const input = document.getElementById(hint.dataset.caps);
    const look = (event) => {
      const on = Boolean(event.getModifierState && event.getModifierState("CapsLock"));
      hint.textContent = on ? hint.dataset.text : "";
    };
    input.addEventListener("keydown", look);
    input.addEventListener("keyup", look);
    input.addEventListener("blur", () => (hint.textContent = ""));
  });

  // Copy a code.
  each("[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    const [rest, done] = button.querySelectorAll("span");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      } catch {
        return;
      }
      rest.hidden = true;
      done.hidden = false;
    });
  });
})();
