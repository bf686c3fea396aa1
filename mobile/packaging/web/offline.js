// Keeps the app on the phone: registers the service worker, shows the download, announces a new version.
import { showBar, showDownload } from "./start_page.js";

const BASE = "__BASE__";
const HOUR_MS = 3600_000;
const MESSAGE_DELAY_MS = 300; // the message why a worker failed may arrive a moment after its state says so
const workers = navigator.serviceWorker;

/** A module with one array type: valid only in WebAssembly with garbage collection (flutter.js tests it alike). */
const GC_MODULE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 95, 1, 120, 0];

/** The build of Flutter's client that suits this browser best: wasm, chromium or others (flutter_client.py). */
function bestBuild() {
  const blink = navigator.vendor === "Google Inc." || navigator.userAgent.includes("Edg/");
  const full = blink && typeof ImageDecoder !== "undefined" && typeof Intl.v8BreakIterator !== "undefined"
    && typeof Intl.Segmenter !== "undefined";
  if (!full) return "others";
  const draws = document.createElement("canvas").getContext("webgl2") ?? document.createElement("canvas").getContext("webgl");
  return draws && WebAssembly.validate(new Uint8Array(GC_MODULE)) ? "wasm" : "chromium";
}

/** The build kept on this phone; a browser that was updated since keeps it until the app's next version. */
export const clientBuild = () => new URL(workers.controller?.scriptURL ?? location).searchParams.get("kit") ?? bestBuild();

/** Resolves when every file comes from one kept version. Rejects when the first download fails, with `name` and
 *  `message` of the browser's error, or Damaged, and the `path` of the file (fetch_errors.js explains it). */
export async function filesReady() {
  const registering = workers.register(`${BASE}sw.js?kit=${bestBuild()}`, { scope: BASE, updateViaCache: "none" });
  if (workers.controller) {
    registering.catch(() => null); // no network: the kept version is used
    return;
  }
  let failed = null;
  const onMessage = ({ data }) => {
    if (data?.fetched) showDownload(...data.fetched);
    failed = data?.failed ?? failed;
  };
  workers.addEventListener("message", onMessage);
  try {
    await controlled(await registering, () => failed ?? new Error("the files did not arrive whole"));
  } finally {
    workers.removeEventListener("message", onMessage); // a late message must not overwrite what is shown next
  }
}

function controlled(registration, reason) {
  return new Promise((done, fail) => {
    workers.addEventListener("controllerchange", () => done(), { once: true });
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    const checkState = () => {
      if (worker.state === "redundant") setTimeout(() => fail(reason()), MESSAGE_DELAY_MS);
      if (worker.state === "activated") worker.postMessage("claim"); // a forced reload loads the page without its service worker
    };
    worker.addEventListener("statechange", checkState);
    checkState();
    if (workers.controller) done();
  });
}

/** Calls `changed` when another version than this page's takes over; not when the first version is installed. */
export function onVersionChange(changed) {
  let before = workers.controller;
  workers.addEventListener("controllerchange", () => {
    if (before) changed();
    before = workers.controller;
  });
}

/** Offers a new version as soon as it is ready. `state.unsaved` holds it back; `leave` flushes the app first. */
export async function announceUpdates(state, leave) {
  const registration = await workers.ready;
  let later = false;
  let heard = false; // "finish this record first" was read; once it is saved, the offer may show again
  const show = () => {
    const waiting = registration.waiting;
    state.publish({ update: Boolean(waiting) });
    heard &&= state.unsaved;
    if (!waiting || later || heard) showBar();
    else if (state.unsaved) showBar("有新版本，写完这一条再更新", [["知道了", () => { heard = true; showBar(); }]]);
    else showBar("有新版本", [["现在更新", renew], ["以后", () => { later = true; showBar(); }]]);
  };
  const renew = async () => {
    if (state.unsaved || !registration.waiting) return;
    showBar("正在更新…");
    await leave();
    registration.waiting?.postMessage("skip");
    setTimeout(() => location.reload(), 20_000); // it did not take over: continue with the old one
  };
  const watch = (worker) => worker?.addEventListener("statechange", () => { if (worker.state === "installed") show(); });
  registration.addEventListener("updatefound", () => { later = false; watch(registration.installing); });
  watch(registration.installing);
  const checkForUpdate = () => { if (navigator.onLine) registration.update().catch(() => null); };
  setInterval(checkForUpdate, HOUR_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) checkForUpdate(); });
  state.changed = show;
  state.renew = renew;
  show();
}

/** Asks the browser for persistent storage; its answer, and the storage used and allowed. */
export async function storageState() {
  const store = navigator.storage;
  const persisted = (await store?.persisted?.()) || (await store?.persist?.()) || false;
  const { usage = null, quota = null } = (await store?.estimate?.()) ?? {};
  return { persisted, usage_bytes: usage, quota_bytes: quota };
}
