/* The page behind the enrolment QR code: shows the code from behind the # and passes it on to the app,
   and says whether this browser can run the app (browser_check.js made the list). Sends nothing.
   Plain old JavaScript, for the browsers that cannot. */
(function () {
  "use strict";
  var hash = window.location.hash;
  var found = /(?:^#|&)code=(\d{8})(?:&|$)/.exec(hash);
  var pin = /(?:^#|&)pin=([A-Za-z0-9_-]{43})(?:&|$)/.exec(hash);
  var code = found ? found[1] : "";

  // Started from the home screen (an old iPhone keeps this page's address, not the app's): go on to the app.
  if (window.navigator.standalone === true) { window.location.replace("/app/" + hash); return; }
  // An iPad says it is a Mac.
  if (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1 && window.location.search.indexOf("on=") < 0) {
    window.location.replace("/enrol?on=iphone" + hash);
    return;
  }

  function each(selector, act) {
    var list = document.querySelectorAll(selector);
    for (var at = 0; at < list.length; at++) { act(list[at]); }
  }

  if (hash) { each("a[data-carry]", function (link) { link.setAttribute("href", link.getAttribute("href") + hash); }); }
  if (code) {
    each("[data-code]", function (place) { place.appendChild(document.createTextNode(code.slice(0, 4) + " " + code.slice(4))); });
    each("#code", function (card) { card.hidden = false; });
    each("a[data-native]", function (link) {
      link.setAttribute("href", "doorstep://enrol?server=" + encodeURIComponent(window.location.origin) + "&code=" + code + (pin ? "&pin=" + pin[1] : ""));
    });
  }

  var verdict = document.getElementById("verdict");
  if (!verdict) { return; }
  var NEEDED_MB = 200;
  var MB = 1048576;
  if (!window.__doorstepMissing) { return; }
  var missing = window.__doorstepMissing.slice();

  var tight = false;
  var asking = false;
  function show() {
    if (asking && !missing.length) { return; }
    var own = [];
    each("[data-can]", function (row) { own.push(row.getAttribute("data-can")); });
    var others = missing.filter(function (name) { return own.indexOf(name) < 0; });
    each("[data-can]", function (row) {
      var name = row.getAttribute("data-can");
      var bad = name === "others" ? others.length : name === "room" ? tight : missing.indexOf(name) >= 0;
      row.className = bad ? "no" : "yes";
    });
    each("[data-others]", function (place) { place.textContent = others.length ? " (" + others.join(", ") + ")" : ""; });
    var bad = missing.length > 0;
    var distrusted = missing.indexOf("certificate") >= 0;
    var words = !bad ? (tight ? "data-tight" : "data-good") : missing.indexOf("HTTPS") >= 0 ? "data-untrusted" : distrusted ? "data-distrusted" : "data-bad";
    verdict.className = "verdict " + (bad ? "no" : tight ? "tight" : "yes");
    verdict.querySelector("b").textContent = verdict.getAttribute(words);
    document.getElementById("trust").hidden = !distrusted;
    document.getElementById("cannot").hidden = !bad || distrusted;
    document.getElementById("ways").hidden = bad;
  }
  if (!missing.length) { tryWorker(); }
  show();

  // Only a worker that is really taken proves that the certificate is trusted: the page itself opens after a warning, too.
  function tryWorker() {
    asking = true;
    function answered(error) {
      asking = false;
      if (error && error.name === "SecurityError") { missing.push(/^https/.test(location.protocol) ? "certificate" : "service worker"); }
      show();
    }
    navigator.serviceWorker.register("/static/enrol_worker.js").then(function (made) { return made.unregister(); }).then(function () { answered(); }, answered);
  }

  // A private window may have IndexedDB and refuse it when asked.
  if (missing.indexOf("IndexedDB") < 0) {
    var asked = window.indexedDB.open("doorstep-check");
    asked.onerror = function (event) { event.preventDefault(); missing.push("IndexedDB"); show(); };
    asked.onsuccess = function () { asked.result.close(); window.indexedDB.deleteDatabase("doorstep-check"); };
  }
  if (navigator.storage && navigator.storage.estimate) {
    navigator.storage.estimate().then(function (room) {
      var free = Math.max(0, (room.quota || 0) - (room.usage || 0)) / MB;
      tight = free < NEEDED_MB;
      each("[data-room]", function (place) { place.textContent = " " + (free >= 1024 ? (free / 1024).toFixed(1) + " GB" : Math.round(free) + " MB"); });
      show();
    }, function () { return null; });
  }
})();
