/* The page behind the office's test code: tries in this browser what the app needs (browser_check.js made the list), takes the service
   worker, keeps a page, reads it back without the network, and only then reports. The code from behind the # goes with the report.
   Plain old JavaScript, for the browsers that cannot. */
(function () {
  "use strict";
  var WAIT_MS = 15000;
  var KEPT = "/connect/test/kept";
  var verdict = document.getElementById("verdict");
  var hash = window.location.hash;
  var found = /^#([A-Za-z0-9_-]{22})$/.exec(hash);
  var links = document.querySelectorAll("a[data-carry]");
  for (var at = 0; at < links.length; at++) { links[at].setAttribute("href", links[at].getAttribute("href") + hash); }

  function say(text, kind) {
    verdict.className = "verdict " + kind;
    verdict.querySelector("b").textContent = text;
  }
  function shown(answer) {
    say(answer.message, answer.good ? "yes" : "no");
    var fix = document.getElementById("fix");
    fix.textContent = answer.fix;
    fix.hidden = !answer.fix;
    document.getElementById("trust").hidden = !answer.trust;
  }
  if (!found) { say(verdict.getAttribute("data-nocode"), "no"); return; }
  say(verdict.getAttribute("data-busy"), "");

  var sent = false;
  function report(worker, kept) {
    if (sent) { return; }
    sent = true;
    var request = new XMLHttpRequest();
    request.open("POST", "/connect/test/result");
    request.setRequestHeader("Content-Type", "application/json");
    request.timeout = WAIT_MS;
    request.onload = function () {
      try { shown(JSON.parse(request.responseText)); } catch (error) { say(verdict.getAttribute("data-unsent"), "no"); }
    };
    request.onerror = request.ontimeout = function () { say(verdict.getAttribute("data-unsent"), "no"); };
    request.send(JSON.stringify({ token: found[1], secure: window.isSecureContext === true, missing: window.__doorstepMissing || ["script"], worker: worker, kept: kept }));
  }

  if (!window.__doorstepMissing || window.__doorstepMissing.length) { report("", false); return; }
  var took = "refused";
  setTimeout(function () { report(took, false); }, WAIT_MS);

  function controlled() {
    return new Promise(function (resolve) {
      if (navigator.serviceWorker.controller) { resolve(); return; }
      navigator.serviceWorker.addEventListener("controllerchange", function () { resolve(); });
    });
  }
  // Answered by the worker alone: the server has no such page.
  function readBack() {
    return fetch(KEPT, { cache: "no-store" }).then(function (answer) { return answer.ok ? answer.text() : ""; }).then(function (text) {
      return text.indexOf('id="verdict"') >= 0;
    });
  }
  // The records lie in IndexedDB: one is written and read.
  function stored() {
    return new Promise(function (resolve) {
      var asked = window.indexedDB.open("doorstep-connect");
      asked.onupgradeneeded = function () { asked.result.createObjectStore("kept"); };
      asked.onerror = function (event) { event.preventDefault(); resolve(false); };
      asked.onsuccess = function () {
        var base = asked.result;
        function end(good) { base.close(); window.indexedDB.deleteDatabase("doorstep-connect"); resolve(good); }
        var writing = base.transaction("kept", "readwrite");
        writing.objectStore("kept").put(found[1], "token");
        writing.onabort = writing.onerror = function () { end(false); };
        writing.oncomplete = function () {
          var reading = base.transaction("kept").objectStore("kept").get("token");
          reading.onsuccess = function () { end(reading.result === found[1]); };
          reading.onerror = function () { end(false); };
        };
      };
    });
  }
  function tidied(registration) {
    return Promise.all([registration.unregister(), window.caches["delete"]("doorstep-connect")]);
  }

  navigator.serviceWorker.register("/connect/test_worker.js", { scope: "/connect/test" }).then(function (registration) {
    return controlled().then(function () {
      took = "ok";
      return Promise.all([readBack(), stored()]);
    }).then(function (both) {
      return tidied(registration).then(function () { report("ok", both[0] && both[1]); });
    });
  })["catch"](function (error) {
    var untrusted = took !== "ok" && error && error.name === "SecurityError";
    report(untrusted ? "untrusted" : took, false);
  });
})();
