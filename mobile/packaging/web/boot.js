// The order of a start: this window's turn, every file kept, then Python and Flutter side by side.
import { announce, kept, kit, letIn, room } from "./keep.js";
import { endPython, startPython, tellPython } from "./python.js";
import { ask, opened, progress, say, strip } from "./show.js";
import { take, takeOver } from "./tabs.js";
import { why } from "./why.js";

const BASE = "__BASE__";
const STEPS = { runtime: ["正在启动…", 0.82], app: ["正在载入程序…", 0.9], open: ["正在打开…", 0.96] };
const again = ["再试一次", () => location.reload()];

/** A demonstration's clock (shared/clock.py): only on this very machine, given once as ?clock=…, kept with the window. */
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
  tell(news) { Object.assign(this.known, news); tellPython(news); },
};
window.__doorstep = state;

let flutterOn = false;
let running = false;
let outdated = false;

async function begin(hold) {
  if (!(await hold(leave, elsewhere))) elsewhere();
  // Flutter cannot be started twice in one page, nor may this page's files meet those of a newer version.
  else if (flutterOn || outdated) location.reload();
  else run().catch(broken);
}

const leave = endPython;

function elsewhere() {
  running = false;
  strip();
  ask("上门已经在另一个标签页里打开", "同一部手机一次只开一个,记录才不会乱。", [
    ["在这里打开", () => { say("正在从那边接过来…"); begin(takeOver).catch(broken); }],
  ]);
}

/** Another version has been let in, by this window or another: a running app starts again whole, a waiting page before it opens. */
async function renewed() {
  outdated = true;
  if (!running) return;
  await leave();
  location.reload();
}

async function run() {
  running = true;
  document.getElementById("track").className = "";
  document.getElementById("choices").replaceChildren();
  try {
    await kept();
  } catch (error) {
    const { words, much, way, details } = why(error);
    ask(words, much, way ? [way, again] : [again], details);
    return;
  }
  performance.mark("doorstep-kept");
  let frames = 0;
  const shown = new Promise((done) => window.addEventListener("flutter-first-frame", () => { performance.mark("doorstep-flutter"); done(); }, { once: true }));
  startPython(state.known, {
    step(name) { performance.mark(`doorstep-step-${name}`); if (!frames) { say(STEPS[name][0]); progress(STEPS[name][1]); } },
    // The first message answers Flutter's greeting, the second brings the first screen.
    frame() { if (frames < 3) performance.mark(`doorstep-message-${frames + 1}`); if (++frames === 2) shown.then(() => requestAnimationFrame(() => requestAnimationFrame(ready))); },
    failed: broken,
    unsaved(value) { state.unsaved = value; state.changed(); },
    renew: () => state.renew(),
  });
  startFlutter();
  room().then((found) => state.tell(found)).catch(() => null);
}

function ready() {
  performance.mark("doorstep-shown");
  opened();
  announce(state, leave).catch(() => null);
}

function broken(error) {
  ask("没有打开", "记下的东西都还在手机里。请再试一次;还是不行,请把下面的话发给学校。", [again], String(error?.message ?? error));
}

function startFlutter() {
  if (flutterOn) return;
  flutterOn = true;
  const wasm = kit() === "wasm";
  const renderer = wasm ? "skwasm" : "canvaskit";
  window.flet = {
    pyodide: true, multiView: false, noCdn: true, webSocketEndpoint: "", entrypointBaseUrl: BASE, assetBase: BASE,
    routeUrlStrategy: "path", canvasKitBaseUrl: `${BASE}canvaskit/`, webRenderer: renderer,
    fontFallbackBaseUrl: "assets/fonts/", appPackageUrl: "app.zip", pythonModuleName: "main",
  };
  const script = document.createElement("script");
  script.src = "flutter.js";
  script.onerror = () => broken("flutter.js");
  script.onload = () => {
    _flutter.buildConfig = {
      engineRevision: "__ENGINE__",
      builds: [wasm
        ? { compileTarget: "dart2wasm", renderer, mainWasmPath: "main.dart.wasm", jsSupportRuntimePath: "main.dart.mjs" }
        : { compileTarget: "dart2js", renderer, mainJsPath: "main.dart.js" }],
    };
    const config = {
      multiViewEnabled: false, entrypointBaseUrl: BASE, assetBase: BASE, renderer,
      canvasKitVariant: kit() === "others" ? "full" : "auto", forceSingleThreadedSkwasm: true, canvasKitBaseUrl: window.flet.canvasKitBaseUrl, fontFallbackBaseUrl: window.flet.fontFallbackBaseUrl,
    };
    _flutter.loader.load({
      config,
      onEntrypointLoaded: async (initializer) => (await initializer.initializeEngine(config)).runApp(),
    });
  };
  document.head.append(script);
}

// WebKit brings a Flutter page back from its cache with frames that never come; a start is the only cure.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
if (!window.__doorstepMissing.length) {
  letIn(renewed);
  begin(take).catch(broken);
}
