// The app's Python in its own worker. Nothing is installed at run time: app.zip holds everything.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const bridge = {};
const connected = new Promise((resolve) => { self.connectNow = resolve; });
const step = (name) => self.postMessage({ step: name });
const send = (message) => {
  const bytes = message.toJs();
  self.postMessage(bytes, [bytes.buffer]);
};
// What the app may read and call; described in mobile/packaging/README.md.
self.doorstep = {
  persisted: null, usage_bytes: null, quota_bytes: null, update: false, standalone: false, clock: "",
  leaving: null,
  unsaved: (value) => self.postMessage({ unsaved: Boolean(value) }),
  renew: () => self.postMessage({ renew: true }),
};
self.flet_js = bridge;

const BOOT = `
import os, sys
os.chdir("/home/app")
sys.path[:0] = ["/home/app", "/home/app/__pypackages__"]
import runpy
try:
    runpy.run_module("main", run_name="__main__")
except SystemExit as ended:
    if ended.code not in (None, 0):
        raise
`;

/** Unpack a zip of uncompressed files: its directory is at the end, each entry says where its file begins. */
function unpack(FS, zip) {
  const view = new DataView(zip.buffer);
  const made = new Set();
  let at = view.getUint32(zip.length - 6, true);
  for (let left = view.getUint16(zip.length - 12, true); left; left--) {
    const size = view.getUint32(at + 20, true);
    const nameSize = view.getUint16(at + 28, true);
    const head = view.getUint32(at + 42, true);
    const path = `/home/app/${new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameSize))}`;
    const body = head + 30 + view.getUint16(head + 26, true) + view.getUint16(head + 28, true);
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(folder)) FS.mkdirTree(folder);
    made.add(folder);
    FS.writeFile(path, zip.subarray(body, body + size), { canOwn: true });
    at += 46 + nameSize + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
}

async function run({ documentUrl, known }) {
  try {
    Object.assign(self.doorstep, known);
    step("runtime");
    const archive = fetch("__BASE__app.zip").then((answer) => {
      if (!answer.ok) throw new Error(`app.zip ${answer.status}`);
      return answer.arrayBuffer();
    });
    const python = await loadPyodide({ stdout: console.log, stderr: console.error });
    step("app");
    bridge.documentUrl = documentUrl;
    python.registerJsModule("flet_js", bridge);
    unpack(python.FS, new Uint8Array(await archive));
    await python.runPythonAsync(BOOT);
    step("open");
    await connected;
    await bridge.start_connection(send);
    self.postMessage({ connected: true });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
}

async function leave() {
  try {
    await self.doorstep.leaving?.();
  } finally {
    self.postMessage({ left: true });
  }
}

self.onmessage = ({ data }) => {
  if (data instanceof Uint8Array) bridge.send?.(data);
  else if (data.start) run(data.start);
  else if (data.connect) self.connectNow();
  else if (data.known) Object.assign(self.doorstep, data.known);
  else if (data.leave) leave();
};
