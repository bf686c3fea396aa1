/* Which features that the app needs does this browser lack? One list for two pages: the app's start
   page (mobile/packaging) and the page behind the enrolment QR code (sync_server/console). Leaves
   the names in window.__doorstepMissing. Plain old JavaScript: it must run where the features are missing. */
(function () {
  "use strict";
  var missing = [];
  function lacks(name, test) {
    var has = false;
    try { has = !!test(); } catch (error) { has = false; }
    if (!has) { missing.push(name); }
  }
  function moduleWorker() {
    var asked = false;
    var options = { get type() { asked = true; return "module"; } };
    try { new Worker("http://[", options); } catch (error) { /* not a valid address; what counts is that "type" was read */ }
    return asked;
  }
  // A module of one function with a try block: the Python runtime uses WebAssembly exceptions.
  var TRY = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11];
  lacks("HTTPS", function () { return window.isSecureContext; });
  lacks("WebAssembly", function () { return WebAssembly.validate(new Uint8Array(TRY)); });
  lacks("BigInt64Array", function () { return window.BigInt64Array; });
  lacks("module worker", moduleWorker);
  lacks("IndexedDB", function () { return window.indexedDB; });
  lacks("service worker", function () { return navigator.serviceWorker && window.caches; });
  lacks("Web Crypto", function () { return window.crypto.subtle; });
  lacks("Web Locks", function () { return navigator.locks; });
  lacks("Promise.allSettled", function () { return Promise.allSettled && window.structuredClone; });
  window.__doorstepMissing = missing;
})();
