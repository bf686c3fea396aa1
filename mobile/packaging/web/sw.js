// Keeps one whole version of the app on the phone. The version is the hash of precache.json, which holds every file's hash.
"use strict";
const VERSION = "__VERSION__";
const BASE = new URL("./", self.location).pathname;
const BUILD = new URL(self.location).searchParams.get("kit") ?? "others";
const NAME = "doorstep-app-";
const CACHE = NAME + VERSION.slice(0, 16);
const HASH_HEADER = "x-doorstep-sha256";
const PARALLEL = 4;

self.addEventListener("install", (event) => event.waitUntil(fetchVersion().catch(reportFailure)));

/** Tells the windows why: a browser itself tells a page only that the install failed. */
async function reportFailure(error) {
  await postToWindows({ failed: { name: error.name, message: error.message, path: error.path ?? "" } });
  throw error;
}

const damaged = (path, message) => Object.assign(new Error(message), { name: "Damaged", path });

async function fetchVersion() {
  const list = await fetchList();
  const cache = await caches.open(CACHE);
  const others = await Promise.all((await caches.keys()).filter((k) => k.startsWith(NAME) && k !== CACHE).map((k) => caches.open(k)));
  const total = list.reduce((sum, entry) => sum + entry.gzip_bytes, 0);
  let done = 0;
  const count = (bytes) => { done += bytes; postToWindows({ fetched: [Math.min(done, total), total] }); };
  const queue = [...list].sort((a, b) => b.size_bytes - a.size_bytes);
  const next = async () => {
    for (let entry = queue.shift(); entry; entry = queue.shift()) {
      // An interrupted install continues where it stopped.
      const here = async () => (await isKept(cache, entry)) || copyFromOther(others, cache, entry);
      const keep = async () => ((await here()) ? count(entry.gzip_bytes) : download(cache, entry, count));
      await keep().catch((error) => { throw Object.assign(error, { path: entry.path }); });
    }
  };
  const stop = (error) => { queue.length = 0; throw error; };
  await Promise.all(Array.from({ length: PARALLEL }, () => next().catch(stop)));
}

async function fetchList() {
  const answer = await fetch(`${BASE}precache.json`, { cache: "no-store" });
  const bytes = await answer.arrayBuffer();
  if ((await hash(bytes)) !== VERSION) throw damaged("precache.json", "is of another version");
  return JSON.parse(new TextDecoder().decode(bytes)).filter((entry) => !entry.only || entry.only.split(" ").includes(BUILD));
}

async function isKept(cache, entry) {
  return (await cache.match(BASE + entry.path))?.headers.get(HASH_HEADER) === entry.sha256;
}

/** Copies an unchanged file from another version that is kept. */
async function copyFromOther(others, cache, entry) {
  for (const other of others) {
    const kept = await other.match(BASE + entry.path);
    if (kept?.headers.get(HASH_HEADER) === entry.sha256) {
      await cache.put(BASE + entry.path, kept);
      return true;
    }
  }
  return false;
}

async function download(cache, entry, count) {
  const answer = await fetch(BASE + entry.path, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  const parts = [];
  const share = entry.gzip_bytes / Math.max(1, entry.size_bytes);
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    count(value.length * share);
  }
  const body = await new Blob(parts).arrayBuffer();
  if ((await hash(body)) !== entry.sha256) throw damaged(entry.path, "is of another version");
  const headers = new Headers({ [HASH_HEADER]: entry.sha256, "Content-Length": String(body.byteLength) });
  for (const name of ["Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"]) {
    if (answer.headers.has(name)) headers.set(name, answer.headers.get(name));
  }
  await cache.put(BASE + entry.path, new Response(body, { headers }));
}

async function hash(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function postToWindows(news) {
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage(news);
}

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const key of await caches.keys()) if (key.startsWith(NAME) && key !== CACHE) await caches.delete(key);
  await self.clients.claim();
})()));

// A new version takes over only after a tap on "有新版本", or when no window of the old one is left.
self.addEventListener("message", (event) => {
  if (event.data === "skip") self.skipWaiting();
  if (event.data === "claim") event.waitUntil(self.clients.claim());
});

/** Flutter asks for fallback fonts that we do not have, and after a refusal again at every layout: it gets ours instead. */
function fontPath(path) {
  if (!path.startsWith("assets/fonts/noto")) return path;
  return /notosans(sc|tc|hk|jp|kr)/.test(path) ? "fonts/NotoSansSC-subset.otf" : "assets/fonts/roboto.woff2";
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith(BASE)) return;
  const path = event.request.mode === "navigate" ? `${BASE}index.html` : BASE + fontPath(url.pathname.slice(BASE.length));
  event.respondWith(caches.open(CACHE).then((cache) => cache.match(path, { ignoreSearch: true, ignoreVary: true })).then((kept) => kept ?? fetch(event.request)));
});
