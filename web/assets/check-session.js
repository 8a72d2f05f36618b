// Answers whether a sign-in is still the one that a session_state was made for (OpenID Connect Session Management 1.0 section 3.2).
// It is loaded in frames of other sites, in old browsers too: nothing newer than ECMAScript 5, and its own SHA-256.
(function () {
  var name = document.getElementById("check-session").getAttribute("data-cookie");
  var k = [];
  var start = [];

  // The first bits of the fractional parts of the roots of the first primes.
  (function () {
    function bits(x) {
      return ((x - Math.floor(x)) * 4294967296) | 0;
    }
    for (var n = 2; k.length < 64; n += 1) {
      var prime = true;
      for (var f = 2; f * f <= n; f += 1) {
        if (n % f === 0) {
          prime = false;
        }
      }
      if (prime) {
        if (start.length < 8) {
          start.push(bits(Math.pow(n, 1 / 2)));
        }
        k.push(bits(Math.pow(n, 1 / 3)));
      }
    }
  })();

  function rotate(x, n) {
    return (x >>> n) | (x << (32 - n));
  }

  // sha256 is the hash of a text's UTF-8, in hexadecimal.
  function sha256(text) {
    var bytes = unescape(encodeURIComponent(text));
    var length = bytes.length;
    var words = [];
    var i;
    for (i = 0; i < length; i += 1) {
      words[i >> 2] |= bytes.charCodeAt(i) << (24 - (i % 4) * 8);
    }
    words[length >> 2] |= 0x80 << (24 - (length % 4) * 8);
    var blocks = ((length + 8) >> 6) + 1;
    words[blocks * 16 - 1] = length * 8;
    var h = start.slice();
    for (var b = 0; b < blocks; b += 1) {
      var w = [];
      var v = h.slice();
      for (i = 0; i < 64; i += 1) {
        if (i < 16) {
          w[i] = words[b * 16 + i] | 0;
        } else {
          var x = w[i - 15];
          var y = w[i - 2];
          var s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
          var s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
          w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
        }
        var e = v[4];
        var a = v[0];
        var t1 = (v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + k[i] + w[i]) | 0;
        var t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]))) | 0;
        v = [(t1 + t2) | 0, a, v[1], v[2], (v[3] + t1) | 0, e, v[5], v[6]];
      }
      for (i = 0; i < 8; i += 1) {
        h[i] = (h[i] + v[i]) | 0;
      }
    }
    var out = "";
    for (i = 0; i < 8; i += 1) {
      out += ("0000000" + (h[i] >>> 0).toString(16)).slice(-8);
    }
    return out;
  }

  function browser() {
    var all = document.cookie.split(";");
    for (var i = 0; i < all.length; i += 1) {
      var one = all[i].replace(/^\s+/, "");
      if (one.indexOf(name + "=") === 0) {
        return one.substring(name.length + 1);
      }
    }
    return "";
  }

  function judge(message, origin) {
    var space = typeof message === "string" ? message.lastIndexOf(" ") : -1;
    var client = space > 0 ? message.substring(0, space) : "";
    var state = space > 0 ? message.substring(space + 1) : "";
    var dot = state.indexOf(".");
    if (!client || dot < 1 || dot === state.length - 1) {
      return "error";
    }
    var now = browser();
    var salt = state.substring(dot + 1);
    var same = now && state.substring(0, dot) === sha256(client + " " + origin + " " + now + " " + salt);
    return same ? "unchanged" : "changed";
  }

  window.addEventListener("message", function (e) {
    if (e.source && e.origin && e.origin !== "null") {
      e.source.postMessage(judge(e.data, e.origin), e.origin);
    }
  });
})();
