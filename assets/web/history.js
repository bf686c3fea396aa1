// Removes a screen from the browser's history when the teacher leaves it for the screen above, by 返回 or 保存.
// Flutter adds an entry for every screen it shows, also for the one above: Back would open a finished form again, empty.
(function () {
  var LATE_MS = 1000; // where the browser has not gone back by then, the entry is added to the current one
  var push = history.pushState.bind(history);
  var replace = history.replaceState.bind(history);
  var waiting = null; // while the browser goes back: what is to be added afterwards
  var late = 0;

  function pathOf(url) {
    return new URL(url === undefined || url === null ? location.href : url, document.baseURI).pathname.replace(/\/+$/, "");
  }

  /** The paths of this entry and of those before it, oldest first. */
  function trail() {
    return (history.state && history.state.trail) || [pathOf()];
  }

  /** How many entries of `paths` remain before `path` when it is opened: neither `path` itself nor those below it at the end. */
  function kept(paths, path) {
    var known = paths.lastIndexOf(path);
    if (known >= 0) return known;
    var count = paths.length;
    while (count > 0 && paths[count - 1].indexOf(path + "/") === 0) count--;
    return count;
  }

  function withTrail(state, paths) {
    return Object.assign({}, state, { trail: paths });
  }

  function put(state, title, url) {
    if (waiting) { waiting.push(function () { put(state, title, url); }); return; }
    var paths = trail(), path = pathOf(url);
    if (path === paths[paths.length - 1]) { history.replaceState(state, title, url); return; }
    var count = kept(paths, path), whole = withTrail(state, paths.slice(0, count).concat([path]));
    if (count === paths.length) { push(whole, title, url); return; }
    // Go back to the entry before it, then add it again, which removes the entries ahead. The oldest entry is replaced.
    var add = function () { (count ? push : replace)(whole, title, url); };
    var steps = paths.length - Math.max(count, 1);
    if (steps) goBack(steps, add);
    else add();
  }

  function goBack(steps, then) {
    waiting = [then];
    late = setTimeout(arrived, LATE_MS);
    history.go(-steps);
  }

  function arrived() {
    var acts = waiting;
    clearTimeout(late);
    waiting = null;
    acts.forEach(function (act) { act(); });
  }

  // Registered before Flutter's own listener: Flutter already shows the new screen and must not react to this step back.
  addEventListener("popstate", function (event) {
    if (!waiting || !event.isTrusted) return;
    event.stopImmediatePropagation();
    arrived();
  }, true);
  history.pushState = put;
  history.replaceState = function again(state, title, url) {
    if (waiting) { waiting.push(function () { again(state, title, url); }); return; }
    replace(withTrail(state, trail().slice(0, -1).concat([pathOf(url)])), title, url);
  };
})();
