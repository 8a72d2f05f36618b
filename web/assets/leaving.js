// Goes on as soon as every application has been told, and after three seconds at the latest; at once where there is nobody to tell. Without scripts the page does so by itself after five.
(function () {
  var next = document.getElementById("leaving-next");
  var frames = document.getElementsByTagName("iframe");
  var waiting = frames.length;
  var gone = false;
  function go() {
    if (next && !gone) {
      gone = true;
      window.location.replace(next.href);
    }
  }
  function told() {
    waiting -= 1;
    if (waiting <= 0) {
      go();
    }
  }
  for (var i = 0; i < frames.length; i += 1) {
    frames[i].addEventListener("load", told);
  }
  window.setTimeout(go, waiting ? 3000 : 0);
})();
