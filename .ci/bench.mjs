// `make bench`: ratios against a baseline of the same run, never bare times. Traffic stays on this machine.
//   pages      kept and fresh home page against axum answering the same bytes
//   purchase   server CPU from cart to paid, disk syncs per purchase with 64 shoppers at once, memory
//   growth     feed, category and product page from 1,000 to BENCH_PRODUCTS products (default 20,000)
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const tuanju = "target/release/tuanju";
const work = mkdtempSync(join(tmpdir(), "tuanju-bench-"));
const agent = new http.Agent({ keepAlive: true, maxSockets: 128 });
const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const cpu = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks; // ms
};
const memory = (pid, name) => Number(readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`${name}:\\s+(\\d+)`))[1]) / 1024; // MB
const waits = []; // ms from a request to the end of its answer
const ask = (port, path, { body, cookie, accept = "text/html", fresh } = {}) =>
  new Promise((done, fail) => {
    const begun = performance.now();
    const headers = { accept };
    if (cookie) headers.cookie = cookie;
    if (fresh) headers["accept-language"] = fresh;
    if (body !== undefined) {
      Object.assign(headers, { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", "content-length": Buffer.byteLength(body) });
    }
    const request = http.request({ port, path, agent, headers, host: "127.0.0.1", method: body === undefined ? "GET" : "POST" }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => waits.push(performance.now() - begun) && done({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
    });
    request.on("error", fail);
    request.end(body);
  });
const serve = async (command, args, port, path, env = {}) => {
  const child = spawn(command, args, { stdio: "ignore", env: { ...process.env, ...env } });
  for (let i = 0; i < 150; i++) {
    const answer = await ask(port, path).catch(() => undefined);
    if (answer?.status === 200) return child;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`${command} does not answer`);
};
const stop = (child) => new Promise((done) => (child.once("exit", done), child.kill("SIGTERM")));
/** Runs `task(i)` for i < n, `wide` at a time; answers seconds. */
const spread = async (n, wide, task) => {
  const begun = process.hrtime.bigint();
  let next = 0;
  await Promise.all(Array.from({ length: wide }, async () => { while (next < n) await task(next++); }));
  return Number(process.hrtime.bigint() - begun) / 1e9;
};
const show = (what, value, aim) => console.log(`${what.padEnd(64)} ${value}${aim ? `   (aim ${aim})` : ""}`);

// Pages: server CPU a page, which does not depend on how fast this driver is.
const pages = async () => {
  const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3211", "--data", join(work, "pages"), "--limits-off"], 3211, "/readyz");
  const page = await ask(3211, "/");
  writeFileSync(join(work, "page.html"), page.text);
  const plain = await serve(`${process.env.CARGO_TARGET_DIR ?? "target"}/release/examples/static`, [join(work, "page.html"), "127.0.0.1:3212"], 3212, "/");
  const cost = async (child, port, n, path) => {
    await spread(200, 8, (i) => ask(port, path(i)));
    const before = cpu(child.pid);
    const seconds = await spread(n, 16, (i) => ask(port, path(i)));
    return { ms: (cpu(child.pid) - before) / n, rate: n / seconds };
  };
  const bare = await cost(plain, 3212, 6000, () => "/");
  const kept = await cost(shop, 3211, 6000, () => "/");
  const fresh = await cost(shop, 3211, 1500, (i) => `/?n=${i}-${Math.random()}`);
  show("home page, kept: requests a second against static axum", (kept.rate / bare.rate).toFixed(2), ">= 0.5");
  show("home page, kept: server CPU against static axum", `${(kept.ms / bare.ms).toFixed(1)} x (${kept.ms.toFixed(3)} ms)`);
  show("home page, rendered: server CPU", `${fresh.ms.toFixed(2)} ms`, "<= 1 ms");
  await stop(plain);
  await stop(shop);
};

const counters = async (port) => {
  const text = (await ask(port, "/metrics")).text;
  const read = (name) => Number(text.match(new RegExp(`^${name} (\\S+)$`, "m"))?.[1] ?? 0);
  return { commits: read("db_commits_total"), writes: read("db_writes_total") };
};
const purchase = async () => {
  const shoppers = 64, rounds = Number(process.env.BENCH_ROUNDS ?? 6);
  const data = join(work, "purchase");
  const synced = join(work, "synced");
  const disk = { LD_PRELOAD: `${process.env.CARGO_TARGET_DIR ?? "target"}/release/examples/libdisk.so`, DISK_SYNCS: synced };
  const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3213", "--data", data, "--limits-off"], 3213, "/readyz", disk);
  const people = [];
  const slugs = [...new Set([...(await ask(3213, "/shop?sort=new&stock=1")).text.matchAll(/href="\/p\/([a-z0-9-]+)"/g)].map((m) => m[1]))];
  await spread(shoppers, 8, async (i) => {
    const cookies = [];
    const keep = (answer) => answer.headers["set-cookie"]?.forEach((c) => c.startsWith("__Host-sid=") && (cookies[0] = c.split(";")[0]));
    keep(await ask(3213, "/api/account/register", { body: `name=bench${i}&password=a+long+password` }));
    const cookie = cookies[0];
    await ask(3213, "/api/address/save", { cookie, body: "format=CN&recipient=A&phone=13800138000&province=%E4%BA%91%E5%8D%97&city=K&district=W&line=Road+12" });
    people.push(cookie);
  });
  const value = (html, name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
  const choice = new Map();
  let paid = 0;
  const buy = async (i) => {
    const cookie = people[i % people.length];
    const slug = slugs[i % slugs.length];
    if (!choice.has(slug)) {
      const sheet = (await ask(3213, `/p/${slug}?buy=single`)).text;
      const names = [...new Set([...sheet.matchAll(/name="(choice\[\d\])"/g)].map((m) => m[1]))];
      choice.set(slug, names.map((n) => `&${encodeURIComponent(n)}=0`).join(""));
    }
    await ask(3213, `/p/${slug}`, { cookie });
    const added = await ask(3213, "/api/cart/add", { cookie, body: `slug=${slug}&quantity=1&then=checkout${choice.get(slug)}` });
    if (!added.headers.location?.startsWith("/checkout")) return;
    const checkout = (await ask(3213, added.headers.location, { cookie })).text;
    const form = ["buy", "address", "method", "key", "total"].map((n) => `${n}=${encodeURIComponent(value(checkout.slice(checkout.indexOf("/api/order/place")), n) ?? "")}`).join("&");
    const placed = await ask(3213, "/api/order/place", { cookie, body: form });
    const reference = placed.headers.location?.match(/^\/sandbox\/pay\/(\w+)$/)?.[1];
    if (!reference) return;
    const order = await ask(3213, "/api/payment/sandbox", { cookie, body: `reference=${reference}&action=pay` });
    const shown = await ask(3213, order.headers.location, { cookie });
    paid += shown.text.includes('data-state="paid"');
  };
  await spread(32, 16, buy);
  // The pictures of the first page are drawn after the start; they are not part of a purchase.
  for (let last = -1; cpu(shop.pid) !== last; ) {
    last = cpu(shop.pid);
    await new Promise((done) => setTimeout(done, 1000));
  }
  paid = 0;
  waits.length = 0;
  const before = { cpu: cpu(shop.pid), syncs: statSync(synced).size, ...(await counters(3213)) };
  const seconds = await spread(shoppers * rounds, shoppers, buy);
  const after = { cpu: cpu(shop.pid), syncs: statSync(synced).size, ...(await counters(3213)) };
  const waited = (part) => waits.sort((a, b) => a - b)[Math.floor(waits.length * part)];
  show("purchases that ended paid", `${paid} of ${shoppers * rounds} (${(paid / seconds).toFixed(0)} a second, driver on the same cores)`);
  show("server CPU a purchase, product page to paid order page", `${((after.cpu - before.cpu) / paid).toFixed(2)} ms`, "<= 3 ms");
  show("disk syncs a purchase, 64 shoppers, SQLite FULL", ((after.syncs - before.syncs) / paid).toFixed(3), "<= 0.1");
  show("of them commits", ((after.commits - before.commits) / paid).toFixed(3));
  show("answers to 64 shoppers, median and 99th of 100", `${waited(0.5).toFixed(0)} and ${waited(0.99).toFixed(0)} ms`, "99th < 100 ms");
  show("writes a purchase", ((after.writes - before.writes) / paid).toFixed(1));
  show("server memory at its highest", `${memory(shop.pid, "VmHWM").toFixed(0)} MB`, "< 150 MB");
  await stop(shop);
  console.log(execFileSync(tuanju, ["verify", "--data", data], { encoding: "utf8" }).trim());
};

const growth = async () => {
  const many = Number(process.env.BENCH_PRODUCTS ?? 20_000);
  const cost = {};
  for (const n of [1000, many]) {
    const data = join(work, `growth-${n}`);
    execFileSync(tuanju, ["seed", "--products", `${n}`, "--data", data]);
    const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3214", "--data", data, "--limits-off"], 3214, "/readyz");
    for (const [name, path] of [["feed", "/?n="], ["category", "/c/seed-3?sort=price_up&n="], ["product", "/p/seed-500?n="]]) {
      await spread(100, 8, () => ask(3214, `${path}${Math.random()}`));
      const before = cpu(shop.pid);
      await spread(1000, 8, () => ask(3214, `${path}${Math.random()}`));
      (cost[name] ??= []).push((cpu(shop.pid) - before) / 1000);
    }
    await stop(shop);
  }
  for (const [name, [small, large]] of Object.entries(cost)) {
    show(`growth of ${name}, 1,000 to ${many.toLocaleString("en")} products: server CPU`, `${(large / small).toFixed(2)} x (${large.toFixed(2)} ms)`, "< 1.5 x");
  }
};

try {
  const wanted = process.argv.slice(2);
  for (const [name, run] of Object.entries({ pages, purchase, growth })) if (wanted.length === 0 || wanted.includes(name)) await run();
} finally {
  rmSync(work, { recursive: true, force: true });
}
