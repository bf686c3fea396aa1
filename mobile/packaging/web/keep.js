// Keeps the app on the phone: registers the service worker, shows what it fetches, announces a new version.
import { fetched, strip } from "./show.js";

const BASE = "__BASE__";
const HOUR_MS = 3600_000;
const TOLD_MS = 300; // what a worker says of its end may come a moment after the end
const shelf = navigator.serviceWorker;

/** A module with one type, an array: only a WebAssembly with garbage collection takes it (the same test as flutter.js). */
const COLLECTS = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 95, 1, 120, 0];

/** Which of the three builds of Flutter's client this browser is best given. */
function fitting() {
  const blink = navigator.vendor === "Google Inc." || navigator.userAgent.includes("Edg/");
  const full = blink && typeof ImageDecoder !== "undefined" && typeof Intl.v8BreakIterator !== "undefined"
    && typeof Intl.Segmenter !== "undefined";
  if (!full) return "others";
  const draws = document.createElement("canvas").getContext("webgl2") ?? document.createElement("canvas").getContext("webgl");
  return draws && WebAssembly.validate(new Uint8Array(COLLECTS)) ? "wasm" : "chromium";
}

/** The build that lies on this phone: a browser that has grown since goes on with what is kept until the next version. */
export const kit = () => new URL(shelf.controller?.scriptURL ?? location).searchParams.get("kit") ?? fitting();

/** Resolves when every file comes from one kept version; rejects when the first fetch breaks off:
 *  `name` and `message` of the browser's error, or Damaged; `path` of the file it was about (why.js puts it in words). */
export async function kept() {
  const registering = shelf.register(`${BASE}sw.js?kit=${fitting()}`, { scope: BASE, updateViaCache: "none" });
  if (shelf.controller) {
    registering.catch(() => null); // no network and an older address: what is kept goes on
    return;
  }
  let failed = null;
  const hear = ({ data }) => {
    if (data?.fetched) fetched(...data.fetched);
    failed = data?.failed ?? failed;
  };
  shelf.addEventListener("message", hear);
  try {
    await controlled(await registering, () => failed ?? new Error("the files did not arrive whole"));
  } finally {
    shelf.removeEventListener("message", hear); // what is still under way must not write over what comes now
  }
}

function controlled(registration, reason) {
  return new Promise((done, fail) => {
    shelf.addEventListener("controllerchange", () => done(), { once: true });
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    const look = () => {
      if (worker.state === "redundant") setTimeout(() => fail(reason()), TOLD_MS);
      if (worker.state === "activated") worker.postMessage("claim"); // a forced reload leaves a page without its worker
    };
    worker.addEventListener("statechange", look);
    look();
    if (shelf.controller) done();
  });
}

/** From now on `act` hears that another version than this page's own answers for it. A first version is none. */
export function letIn(act) {
  let under = shelf.controller;
  shelf.addEventListener("controllerchange", () => {
    if (under) act();
    under = shelf.controller;
  });
}

/** From now on: say when a new version lies ready. `state.unsaved` holds it back; `leave` flushes the app first. */
export async function announce(state, leave) {
  const registration = await shelf.ready;
  let later = false;
  let heard = false; // of what is being written: once that is saved, it may be said again
  const show = () => {
    const waiting = registration.waiting;
    state.tell({ update: Boolean(waiting) });
    heard &&= state.unsaved;
    if (!waiting || later || heard) strip();
    else if (state.unsaved) strip("有新版本,写完这一条再更新", [["知道了", () => { heard = true; strip(); }]]);
    else strip("有新版本", [["现在更新", renew], ["以后", () => { later = true; strip(); }]]);
  };
  const renew = async () => {
    if (state.unsaved || !registration.waiting) return;
    strip("正在更新…");
    await leave();
    registration.waiting?.postMessage("skip");
    setTimeout(() => location.reload(), 20_000); // it did not come: on with the old one
  };
  const watch = (worker) => worker?.addEventListener("statechange", () => { if (worker.state === "installed") show(); });
  registration.addEventListener("updatefound", () => { later = false; watch(registration.installing); });
  watch(registration.installing);
  const look = () => { if (navigator.onLine) registration.update().catch(() => null); };
  setInterval(look, HOUR_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  state.changed = show;
  state.renew = renew;
  show();
}

/** Ask the browser not to clear us away; what it answers and how much room there is. */
export async function room() {
  const store = navigator.storage;
  const persisted = (await store?.persisted?.()) || (await store?.persist?.()) || false;
  const { usage = null, quota = null } = (await store?.estimate?.()) ?? {};
  return { persisted, usage_bytes: usage, quota_bytes: quota };
}
