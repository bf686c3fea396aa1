/* Explains that this browser lacks something the app needs (browser_check.js made the list).
   Plain old JavaScript, for the browsers that lack it. */
(function () {
  "use strict";
  var missing = window.__doorstepMissing;
  if (!missing.length) { return; }
  document.addEventListener("DOMContentLoaded", function () {
    var secure = missing.indexOf("HTTPS") < 0;
    var harmony = /OpenHarmony|ArkWeb/.test(navigator.userAgent);
    document.getElementById("message").textContent = secure
      ? (harmony ? "这部鸿蒙手机的浏览器没有网络就打不开“上门”，不能离线记录。" : "这个浏览器太旧，或者是无痕窗口，不能离线记录。")
      : "这个地址不是 https，浏览器不允许离线记录。请用学校给的 https 地址打开。";
    document.getElementById("hint").textContent = secure
      ? harmony ? "请用学校的纸质记录表，一样有效；也可以更新系统后再试，或者换一部安卓、苹果手机。" : "请更新系统自带的浏览器，或换 Chrome、Edge、Safari、华为浏览器的新版本再打开；也可以向学校要纸质记录表，一样有效。"
      : "";
    document.getElementById("track").className = "hidden";
    var more = document.createElement("details");
    var title = document.createElement("summary");
    var list = document.createElement("pre");
    title.appendChild(document.createTextNode("给管理员看"));
    list.appendChild(document.createTextNode("missing: " + missing.join(", ") + "\n" + navigator.userAgent));
    more.appendChild(title);
    more.appendChild(list);
    document.getElementById("start-page").appendChild(more);
  });
})();
