// The order of a start: this window gets the lock, every file is kept, then Python and Flutter start in parallel.
import { explain } from "./fetch_errors.js";
import { announceUpdates, clientBuild, filesReady, onVersionChange, storageState } from "./offline.js";
import { endPython, startPython, updatePython } from "./python.js";
import { clearChoices, hideStartPage, setProgress, showBar, showChoices, showText } from "./start_page.js";
import { acquire, takeOver } from "./window_lock.js";

const BASE = "__BASE__";
const STEPS = { runtime: ["正在启动…", 0.82], app: ["正在载入程序…", 0.9], open: ["正在打开…", 0.96] };
const PATIENCE_MS = 60_000; // without any progress: a start on a slowed machine takes 17 s in all
const AFTER_A_FAULT_MS = 15_000;
const STILL = "nothing moved";
const again = ["再试一次", () => location.reload()];

/** A demonstration's clock (shared/clock.py): on this computer only, given once as ?clock=…, then remembered. */
function demoClock() {
  if (!["localhost", "127.0.0.1"].includes(location.hostname)) return "";
  const given = new URLSearchParams(location.search).get("clock");
  if (given) localStorage.setItem("doorstep-clock", given);
  return localStorage.getItem("doorstep-clock") ?? "";
}

const state = {
  known: { persisted: null, usage_bytes: null, quota_bytes: null, update: false, clock: demoClock(), standalone: matchMedia("(display-mode: standalone)").matches },
  unsaved: false,
  changed() {},
  renew() {},
  publish(news) { Object.assign(this.known, news); updatePython(news); },
};
window.__doorstep = state;

let flutterOn = false;
let running = false;
let opened = false;
let patience = 0;
let fault = "";
let broken = false; // Flutter failed: this start cannot succeed any more
let stood = false; // the start page says that nothing moves
let outdated = false;

async function begin(getLock) {
  if (!(await getLock(leave, openElsewhere))) openElsewhere();
  // Flutter cannot be started twice in one page, nor may this page's files meet those of a newer version.
  else if (flutterOn || outdated) location.reload();
  else run().catch(showFailure);
}

const leave = endPython;

function openElsewhere() {
  running = false;
  showBar();
  showChoices("上门已在另一个标签页打开", "同一部手机一次只开一个，记录才不会乱。", [
    ["在这里打开", () => { showText("正在从那边接过来…"); begin(takeOver).catch(showFailure); }],
  ]);
}

/** Another version took over, in this window or another: a running app restarts, a waiting page restarts before it opens. */
async function versionChanged() {
  outdated = true;
  if (!running) return;
  await leave();
  location.reload();
}

async function run() {
  running = true;
  clearChoices();
  try {
    await filesReady();
  } catch (error) {
    const { words, hint, choice, details } = explain(error);
    showChoices(words, hint, choice ? [choice, again] : [again], details);
    return;
  }
  performance.mark("doorstep-kept");
  waitOn();
  let frames = 0;
  const shown = new Promise((done) => window.addEventListener("flutter-first-frame", () => { performance.mark("doorstep-flutter"); done(); }, { once: true }));
  startPython(state.known, {
    step(name) { if (broken) return; if (stood) clearChoices(); stood = false; waitOn(); performance.mark(`doorstep-step-${name}`); if (!frames) { showText(STEPS[name][0]); setProgress(STEPS[name][1]); } },
    // The first message answers Flutter's handshake, the second brings the first screen.
    frame() { if (!opened && !broken) waitOn(); if (frames < 3) performance.mark(`doorstep-message-${frames + 1}`); if (++frames === 2) shown.then(() => requestAnimationFrame(() => requestAnimationFrame(ready))); },
    failed: showFailure,
    unsaved(value) { state.unsaved = value; state.changed(); },
    renew: () => state.renew(),
  });
  startFlutter();
  storageState().then((found) => state.publish(found)).catch(() => null);
}

function ready() {
  if (!running) return; // another window took over before the first frame: what it says stays on screen
  performance.mark("doorstep-shown");
  opened = true;
  clearTimeout(patience);
  hideStartPage();
  announceUpdates(state, leave).catch(() => null);
}

function showFailure(error) {
  showChoices("没有打开", "记下的东西都还在手机里。请再试一次；还是不行，请把下面的话发给学校。", [again], String(error?.message ?? error));
}

/** Show what to do when nothing moves for `ms`. A start that still succeeds hides the words again. */
function waitOn(ms = PATIENCE_MS) {
  clearTimeout(patience);
  patience = setTimeout(() => showTooOld(fault || STILL), ms);
}

/** Flutter's code failed or does not go on: mostly because the browser lacks a function nobody checked for. */
function showTooOld(error) {
  clearTimeout(patience);
  if (opened || !running) return;
  stood = true;
  broken = flutterOn && error !== fault && error !== STILL; // Python's next step must not cover it
  showChoices("这个浏览器没能打开“上门”", "记下的东西都还在手机里。请再试一次；还是不行，请更新系统自带的浏览器，或换 Chrome、Edge、Safari、华为浏览器的新版本；也可以向学校要纸质记录表，一样有效。", [again], `${error?.stack ?? error}\n${navigator.userAgent}`);
}

function startFlutter() {
  if (flutterOn) return;
  flutterOn = true;
  const wasm = clientBuild() === "wasm";
  const renderer = wasm ? "skwasm" : "canvaskit";
  window.flet = {
    pyodide: true, multiView: false, noCdn: true, webSocketEndpoint: "", entrypointBaseUrl: BASE, assetBase: BASE,
    routeUrlStrategy: "path", canvasKitBaseUrl: `${BASE}canvaskit/`, webRenderer: renderer,
    fontFallbackBaseUrl: "assets/fonts/", appPackageUrl: "app.zip", pythonModuleName: "main",
  };
  const script = document.createElement("script");
  script.src = "flutter.js";
  script.onerror = () => showFailure("flutter.js");
  script.onload = () => loadFlutter(wasm, renderer).catch(showTooOld);
  document.head.append(script);
}

async function loadFlutter(wasm, renderer) {
  _flutter.buildConfig = {
    engineRevision: "__ENGINE__",
    builds: [wasm
      ? { compileTarget: "dart2wasm", renderer, mainWasmPath: "main.dart.wasm", jsSupportRuntimePath: "main.dart.mjs" }
      : { compileTarget: "dart2js", renderer, mainJsPath: "main.dart.js" }],
  };
  const config = {
    multiViewEnabled: false, entrypointBaseUrl: BASE, assetBase: BASE, renderer,
    canvasKitVariant: clientBuild() === "others" ? "full" : "auto", forceSingleThreadedSkwasm: true, canvasKitBaseUrl: window.flet.canvasKitBaseUrl, fontFallbackBaseUrl: window.flet.fontFallbackBaseUrl,
  };
  await _flutter.loader.load({
    config,
    // The loader does not wait for this, so that a rejection in it would be lost.
    onEntrypointLoaded: (initializer) => initializer.initializeEngine(config).then((app) => app.runApp()).catch(showTooOld),
  });
}

// An error that no code handles may stop the start or not: it is shown if nothing moves for a while.
for (const event of ["unhandledrejection", "error"]) {
  window.addEventListener(event, (found) => {
    if (!running || opened) return;
    fault = String(found.reason?.stack ?? found.reason ?? found.message ?? event);
    waitOn(AFTER_A_FAULT_MS);
  });
}

// WebKit restores a Flutter page from its cache without drawing it again; only a reload helps.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
if (!window.__doorstepMissing.length) {
  onVersionChange(versionChanged);
  begin(acquire).catch(showFailure);
}
