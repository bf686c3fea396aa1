/* Before anything is fetched: can this browser run it offline? Written for browsers that know none of what is asked. */
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
    try { new Worker("http://[", options); } catch (error) { /* no address; that the option was asked for is the answer */ }
    return asked;
  }
  // A module of one function with a try block: Python's runtime is compiled with WebAssembly exceptions.
  var TRY = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11];
  lacks("HTTPS", function () { return window.isSecureContext; });
  lacks("WebAssembly", function () { return WebAssembly.validate(new Uint8Array(TRY)); });
  lacks("BigInt64Array", function () { return window.BigInt64Array; });
  lacks("module worker", moduleWorker);
  lacks("IndexedDB", function () { return window.indexedDB; });
  lacks("service worker", function () { return navigator.serviceWorker && window.caches; });
  lacks("Web Crypto", function () { return window.crypto.subtle; });
  lacks("Web Locks", function () { return navigator.locks; });
  lacks("AbortSignal.timeout", function () { return AbortSignal.timeout; });
  lacks("Promise.allSettled", function () { return Promise.allSettled && window.structuredClone; });
  window.__doorstepMissing = missing;
  if (!missing.length) { return; }
  document.addEventListener("DOMContentLoaded", function () {
    var secure = missing.indexOf("HTTPS") < 0;
    document.getElementById("said").textContent = secure
      ? "这个浏览器太旧,或者是无痕窗口,不能离线记录。"
      : "这个地址不是 https,浏览器不允许离线记录。请用学校给的 https 地址打开。";
    document.getElementById("much").textContent = secure
      ? "请更新系统自带的浏览器,或换 Chrome、Edge、Safari、华为浏览器的新版本再打开;也可以向学校要纸质记录表,一样有效。"
      : "";
    document.getElementById("track").className = "quiet";
    var more = document.createElement("details");
    var title = document.createElement("summary");
    var list = document.createElement("pre");
    title.appendChild(document.createTextNode("给管理员看"));
    list.appendChild(document.createTextNode("missing: " + missing.join(", ") + "\n" + navigator.userAgent));
    more.appendChild(title);
    more.appendChild(list);
    document.getElementById("door").appendChild(more);
  });
})();
