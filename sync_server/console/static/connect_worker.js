/* The service worker of the test code's page (connect_test.js): keeps that page when it is installed, and gives it back from there.
   It never asks the network for the kept page: what comes back was kept. */
"use strict";
var NAME = "doorstep-connect";
var PAGE = "/connect/test";
var KEPT = "/connect/test/kept";

self.addEventListener("install", function (event) {
  event.waitUntil(self.caches.open(NAME).then(function (cache) {
    return fetch(PAGE, { cache: "reload" }).then(function (answer) {
      if (!answer.ok) { throw new Error("no page"); }
      return cache.put(KEPT, answer);
    });
  }).then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

self.addEventListener("fetch", function (event) {
  if (new URL(event.request.url).pathname !== KEPT) { return; }
  event.respondWith(self.caches.open(NAME).then(function (cache) { return cache.match(KEPT); }).then(function (kept) {
    return kept || new Response("", { status: 404 });
  }));
});
