// Keeps the site's files on this device, and does nothing else. VERSION and FILES stand above when the site is built.

const CACHE = "inkdigits " + self.registration.scope;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(`${CACHE} ${VERSION}`).then((cache) => cache.addAll(FILES)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(CACHE) && name !== `${CACHE} ${VERSION}`) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

// The server's answer as long as there is one; without a network, what was kept.
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(fetch(request).catch(async (error) => {
    const url = request.url.replace(/[?#].*$/, "").replace(/\/$/, "/index.html");
    const kept = await (await caches.open(`${CACHE} ${VERSION}`)).match(url, { ignoreVary: true });
    if (!kept) throw error;
    return kept;
  }));
});
