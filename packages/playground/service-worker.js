/**
 * The playground without a network. The build writes the list of files and their digest in the place of the two words below. All of them are
 * kept when the page is first visited; a new version takes the place of the old one at the next visit.
 */
const FILES = __FILES__;
const CACHE = "selectron-" + __DIGEST__;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith("selectron-") && name !== CACHE))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(
    caches.open(CACHE).then(async (cache) => {
      const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
      return kept ?? fetch(request);
    }),
  );
});
