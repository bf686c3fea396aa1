// The window's side of the app's Python: starts the worker and gives Flet's client the three functions it calls.
const ready = Promise.withResolvers ? Promise.withResolvers() : (() => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
})();
let worker = null;
let toDart = null;
let left = null;

/** `on`: {step(name), frame(), failed(text), unsaved(value), renew()} */
export function startPython(known, on) {
  worker = new Worker("__BASE__worker.mjs", { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data instanceof Uint8Array) {
      on.frame();
      toDart?.(data);
    } else if (data.step) on.step(data.step);
    else if (data.connected) ready.resolve();
    else if (data.failed) { ready.reject(data.failed); on.failed(data.failed); }
    else if (data.left) left?.();
    else if ("unsaved" in data) on.unsaved(data.unsaved);
    else if (data.renew) on.renew();
  };
  worker.onerror = (event) => on.failed(event.message || "worker");
  ready.promise.catch(() => null);
  worker.postMessage({ start: { documentUrl: document.URL, known } });
}

export function updatePython(known) {
  worker?.postMessage({ known });
}

/** Let the app flush (at most four seconds), then end it; `atOnce`: end it without, another window writes already. */
export async function endPython(atOnce = false) {
  if (!worker) return;
  if (atOnce) {
    worker.terminate();
    worker = null;
    return;
  }
  await new Promise((done) => {
    left = done;
    setTimeout(done, 4000);
    worker.postMessage({ leave: true });
  });
  worker?.terminate();
  worker = null;
}

globalThis.jsConnect = async (appId, args, dartOnMessage) => {
  toDart = dartOnMessage;
  worker.postMessage({ connect: true });
  await ready.promise;
};
globalThis.jsSend = async (appId, data) => worker?.postMessage(data, [data.buffer]);
globalThis.jsDisconnect = async () => { worker?.terminate(); worker = null; };
