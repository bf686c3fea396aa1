/* The office's pages of 手机怎么连上 that wait: for a phone's answer to the test code, and for the server at its new address.
   Without script both pages refresh by themselves. */
(function () {
  "use strict";
  var EVERY_MS = 1000;

  // The test code: load again when the answer has changed (or the session has ended).
  var waiting = document.getElementById("waiting");
  function askTest() {
    fetch("/connect/state", { cache: "no-store", redirect: "error" }).then(function (answer) { return answer.json(); }).then(function (state) {
      if (state.test !== waiting.getAttribute("data-test")) { location.reload(); } else { setTimeout(askTest, EVERY_MS); }
    }, function () { setTimeout(askTest, 5 * EVERY_MS); });
  }
  if (waiting) { setTimeout(askTest, EVERY_MS); }

  // The change: the old address stops; the new one answers, unless this browser does not know its certificate: then nobody can tell
  // from here, and the link has to be opened by hand. The old address back with another start: it did not come about.
  var changing = document.getElementById("changing");
  if (!changing) { return; }
  var url = changing.getAttribute("data-url");
  var said = document.getElementById("said");
  var gone = 0;
  function say(which) { said.firstElementChild.textContent = said.getAttribute("data-" + which); }
  function askOld() {
    return fetch("/connect/state", { cache: "no-store", redirect: "error" }).then(function (answer) { return answer.json(); }).then(function (state) {
      gone = 0;
      return state.run === changing.getAttribute("data-run") ? "old" : "back";
    }, function () { gone += 1; return "gone"; });
  }
  function askNew() {
    return fetch(url + "/v1/health", { mode: "no-cors", cache: "no-store", credentials: "omit" }).then(function () { return true; }, function () { return false; });
  }
  function ask() {
    askOld().then(function (old) {
      if (old === "back") { location.replace("/connect"); return null; }
      if (old === "old") { setTimeout(ask, EVERY_MS); return null; }
      return askNew().then(function (up) {
        if (up) { say("done"); location.replace(url + "/connect"); return; }
        if (gone > 4) { say("likely"); }
        setTimeout(ask, EVERY_MS);
      });
    });
  }
  say("wait");
  setTimeout(ask, EVERY_MS);
})();
