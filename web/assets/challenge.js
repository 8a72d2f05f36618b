// Work before a form counts: for each piece, a number whose SHA-256 after the nonce begins with so many zero bits. In slices, so that the page stays alive.
(() => {
  "use strict";
  const box = document.querySelector("[data-work]");
  if (!box) return;
  const { nonce, pieces, bits } = box.dataset;
  const form = box.closest("form");
  const bar = box.querySelector("progress");
  const [busy, done] = box.querySelectorAll("[data-state]");
  form.elements.answer.value = ""; // browsers bring old values back
  const K = new Uint32Array(64);
  const H = new Uint32Array(8);
  for (let n = 2, i = 0; i < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (i < 8) H[i] = Math.sqrt(n) * 2 ** 32;
    K[i++] = Math.cbrt(n) * 2 ** 32;
  }
  const W = new Uint32Array(64);

  // The first word of SHA-256 over ASCII of at most 55 characters.
  const first = (text) => {
    W.fill(0, 0, 16);
    for (let i = 0; i < text.length; i++) W[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
    W[text.length >> 2] |= 0x80 << (24 - (text.length & 3) * 8);
    W[15] = text.length * 8;
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[i] = W[i - 16] + s0 + W[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = H;
    for (let i = 0; i < 64; i++) {
      const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    return (H[0] + a) >>> 0;
  };

  const found = [];
  let n = 0, waiting = false;
  const finish = () => {
    form.elements.answer.value = found.join(".");
    bar.value = pieces;
    busy.hidden = true;
    done.hidden = false;
    if (waiting) form.submit();
  };
  const slice = () => {
    const until = performance.now() + 12;
    while (performance.now() < until) {
      for (let i = 0; i < 200; i++, n++) {
        if (first(`${nonce}:${found.length}:${n}`) >>> (32 - bits)) continue;
        found.push(n);
        bar.value = found.length;
        n = 0;
        if (found.length == pieces) return finish();
        break;
      }
    }
    setTimeout(slice);
  };
  box.hidden = false;
  slice();

  // Whoever is faster than the work waits for it; the button shows that it is busy already (ui.js).
  form.addEventListener("submit", (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    waiting = true;
  });
})();
