// Keeps the hashed assets and the offline page; never a page of somebody.
const ASSETS = "__ASSETS__";
const CACHE = "tuanju" + ASSETS;

// The offline page as a plain page: without a network there is nothing that could bring it to life.
const plain = async () => {
  const page = await fetch("/offline");
  const text = (await page.text()).replace(/<script type="module"[\s\S]*?<\/script>/g, "").replace(/<link rel="(modulepreload|preload)"[^>]*>/g, "");
  return new Response(text, { headers: page.headers });
};

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then(async (cache) => {
      await cache.addAll([`${ASSETS}/tuanju.css`, `${ASSETS}/icon.svg`, `${ASSETS}/icons.svg`]);
      await cache.put("/offline", await plain());
    }),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((keys) => Promise.all(keys.filter((key) => key !== CACHE).map((key) => caches.delete(key))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match("/offline")));
  } else if (url.pathname.startsWith(`${ASSETS}/`)) {
    event.respondWith(
      caches.match(request).then(
        (kept) =>
          kept ||
          fetch(request).then((answer) => {
            if (answer.ok) {
              const copy = answer.clone();
              caches.open(CACHE).then((cache) => cache.put(request, copy));
            }
            return answer;
          }),
      ),
    );
  }
});
