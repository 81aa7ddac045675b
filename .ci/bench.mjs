// `make bench`: ratios against a baseline of the same run, never bare times. Traffic stays on this machine.
//   pages      kept and fresh home page against axum answering the same bytes
//   purchase   what a purchase costs with 64 shoppers at once: CPU, disk syncs, memory; with slow syncs; on PostgreSQL
//   hot        one thing that a thousand want, against a thousand things
//   teams      joining teams of one campaign, and pages that look at one of them
//   live       BENCH_VIEWERS (default 1000) pages of one live room, and BENCH_WATCHERS (default 300) players of its pictures
//   glass      from a host's camera to a viewer's page, over WebRTC and over a WebSocket (BENCH_GLASS seconds of each, default 20)
//   spans      where the time of a purchase goes
//   posts      feed, page of a post, of a topic and of a person from 10,000 to BENCH_POSTS posts (default 100,000)
//   search     a page of what few, many and two words find, and suggestions, from 10,000 to BENCH_SEARCH products and posts (default 100,000)
//   uploads    pictures of posts, fifty at once, and how much memory that takes
//   mine       a page of somebody's own feed at BENCH_EVENTS events (default 1,000,000) and BENCH_THINGS things, and how fast events are taken in
//   growth     feed, category and product page from 1,000 to BENCH_PRODUCTS products (default 20,000)
import { glass as measure } from "./glass.mjs";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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
const ask = (port, path, { body, cookie, accept = "text/html", fresh, type = "application/x-www-form-urlencoded" } = {}) =>
  new Promise((done, fail) => {
    const begun = performance.now();
    const headers = { accept };
    if (cookie) headers.cookie = cookie;
    if (fresh) headers["accept-language"] = fresh;
    if (body !== undefined) {
      Object.assign(headers, { "content-type": type, "sec-fetch-site": "same-origin", "content-length": Buffer.byteLength(body) });
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
  const log = env.LOG ? openSync(env.LOG, "a") : "ignore";
  const child = spawn(command, args, { stdio: ["ignore", "ignore", log], env: { ...process.env, ...env } });
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
const preload = `${process.env.CARGO_TARGET_DIR ?? "target"}/release/examples/libdisk.so`;
/** A throw-away PostgreSQL; `end` closes it. */
const postgres = async () => {
  const child = spawn("server/shop/tests/postgres.sh", { stdio: ["pipe", "pipe", "inherit"] });
  const url = await new Promise((done) => child.stdout.once("data", (line) => done(line.toString().trim())));
  return { url, end: () => child.stdin.end() };
};

/** A demo shop with people who have an address, and what they do from a product to the paid order. */
const market = async (port, name, args, env, shoppers) => {
  const data = join(work, name);
  const shop = await serve(tuanju, ["demo", "--addr", `127.0.0.1:${port}`, "--data", data, "--limits-off", ...args], port, "/readyz", env);
  const slugs = [...new Set([...(await ask(port, "/shop?sort=new&stock=1")).text.matchAll(/href="\/p\/([a-z0-9-]+)"/g)].map((m) => m[1]))];
  const people = [];
  await spread(shoppers, 8, async (i) => {
    const answer = await ask(port, "/api/account/register", { body: `name=bench${i}&password=a+long+password` });
    const cookie = answer.headers["set-cookie"].find((c) => c.startsWith("__Host-sid=")).split(";")[0];
    await ask(port, "/api/address/save", { cookie, body: "format=CN&recipient=A&phone=13800138000&province=%E4%BA%91%E5%8D%97&city=K&district=W&line=Road+12" });
    people.push(cookie);
  });
  const value = (html, name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
  const fields = (checkout) => ["buy", "address", "method", "key", "total"].map((n) => `${n}=${encodeURIComponent(value(checkout.slice(checkout.indexOf("/api/order/place")), n) ?? "")}`).join("&");
  const choice = new Map();
  const look = async (i) => {
    const slug = slugs[i % slugs.length];
    if (!choice.has(slug)) {
      const sheet = (await ask(port, `/p/${slug}?buy=single`)).text;
      const names = [...new Set([...sheet.matchAll(/name="(choice\[\d\])"/g)].map((m) => m[1]))];
      choice.set(slug, names.map((n) => `&${encodeURIComponent(n)}=0`).join(""));
    }
    const cookie = people[i % people.length];
    await ask(port, `/p/${slug}`, { cookie });
    return { cookie, slug };
  };
  /** From the cart to the paid order; answers whether it is paid. */
  const checkout = async ({ cookie, slug }) => {
    const added = await ask(port, "/api/cart/add", { cookie, body: `slug=${slug}&quantity=1&then=checkout${choice.get(slug)}` });
    if (!added.headers.location?.startsWith("/checkout")) return false;
    const page = (await ask(port, added.headers.location, { cookie })).text;
    const placed = await ask(port, "/api/order/place", { cookie, body: fields(page) });
    const reference = placed.headers.location?.match(/^\/sandbox\/pay\/(\w+)$/)?.[1];
    if (!reference) return false;
    const order = await ask(port, "/api/payment/sandbox", { cookie, body: `reference=${reference}&action=pay` });
    return (await ask(port, order.headers.location, { cookie })).text.includes('data-state="paid"');
  };
  // The pictures of the first page are drawn after the start; they are not part of a purchase.
  const quiet = async () => {
    // The demo's live room costs about a hundredth of a core for ever.
    for (let last = -1; cpu(shop.pid) - last > 30; ) {
      last = cpu(shop.pid);
      await new Promise((done) => setTimeout(done, 1000));
    }
    waits.length = 0;
  };
  const verified = () => console.log(execFileSync(tuanju, ["verify", "--data", data, ...(args[0] === "--database" ? args : [])], { encoding: "utf8" }).trim());
  return { shop, data, people, look, checkout, fields, quiet, verified };
};
const waited = (part) => [...waits].sort((a, b) => a - b)[Math.floor(waits.length * part)];

/** 64 shoppers at once; answers what a purchase costs. */
const rush = async (port, name, args, env, synced) => {
  const shoppers = 64, rounds = Number(process.env.BENCH_ROUNDS ?? 6);
  const m = await market(port, name, args, env, shoppers);
  await spread(32, 16, async (i) => m.checkout(await m.look(i)));
  await m.quiet();
  const state = async () => ({ cpu: cpu(m.shop.pid), syncs: synced ? statSync(synced).size : 0, ...(await counters(port)) });
  const before = await state();
  let paid = 0;
  const seconds = await spread(shoppers * rounds, shoppers, async (i) => {
    const ok = await m.checkout(await m.look(i));
    paid += ok;
  });
  const after = await state();
  const each = (k) => (after[k] - before[k]) / paid;
  const out = { paid, asked: shoppers * rounds, rate: paid / seconds, median: waited(0.5), slow: waited(0.99), memory: memory(m.shop.pid, "VmHWM"), each };
  // The same without the product page: what the requests from the cart on cost.
  const found = [];
  await spread(shoppers * rounds, 16, async (i) => found.push(await m.look(i)));
  await m.quiet();
  const alone = cpu(m.shop.pid);
  let bought = 0;
  await spread(found.length, shoppers, async (i) => {
    const ok = await m.checkout(found[i]);
    bought += ok;
  });
  out.fromCart = (cpu(m.shop.pid) - alone) / bought;
  await stop(m.shop);
  m.verified();
  return out;
};

const purchase = async () => {
  const synced = join(work, "synced");
  const one = await rush(3213, "purchase", [], { LD_PRELOAD: preload, DISK_SYNCS: synced }, synced);
  show("purchases that ended paid", `${one.paid} of ${one.asked} (${one.rate.toFixed(0)} a second, driver on the same cores)`);
  show("server CPU a purchase, product page to paid order page", `${one.each("cpu").toFixed(2)} ms`, "<= 3 ms");
  show("server CPU from the cart to paid", `${one.fromCart.toFixed(2)} ms`, "<= 2 ms");
  show("disk syncs a purchase, 64 shoppers, SQLite FULL", one.each("syncs").toFixed(3), "<= 0.1");
  show("of them commits", one.each("commits").toFixed(3));
  show("answers to 64 shoppers, median and 99th of 100", `${one.median.toFixed(0)} and ${one.slow.toFixed(0)} ms`, "99th < 100 ms");
  show("writes a purchase", one.each("writes").toFixed(1));
  show("server memory at its highest", `${one.memory.toFixed(0)} MB`, "< 150 MB");
  const slow = await rush(3214, "slow", [], { LD_PRELOAD: preload, DISK_SLOW: "5" });
  show("of its throughput with syncs of 5 ms more", `${((100 * slow.rate) / one.rate).toFixed(0)} %`, ">= 80 %");
  const pg = await postgres();
  const two = await rush(3215, "postgres", ["--database", pg.url], {});
  show("on PostgreSQL: purchases a second, CPU of the server, 99th", `${two.rate.toFixed(0)}, ${two.each("cpu").toFixed(2)} ms, ${two.slow.toFixed(0)} ms`);
  pg.end();
};

/** One product that everybody wants, against a thousand that somebody wants each. */
const hot = async () => {
  const data = join(work, "hot");
  execFileSync(tuanju, ["seed", "--data", data, "--products", "1001"], { stdio: "ignore" });
  const m = await market(3216, "hot", [], {}, 50);
  agent.maxSockets = 1000;
  agent.maxFreeSockets = 1000;
  const sku = (i) => `5eed0002${i.toString(16).padStart(24, "0")}`;
  /** What each of a thousand orders asks for; pages are read before the clock runs. */
  const ready = async (of) => {
    const asks = [];
    await spread(1000, 16, async (i) => {
      const cookie = m.people[i % m.people.length];
      asks.push({ cookie, body: m.fields((await ask(3216, `/checkout?buy=${sku(of(i))}:1`, { cookie })).text) });
    });
    waits.length = 0;
    return asks;
  };
  const released = async (asks) => {
    let won = 0;
    const seconds = await spread(asks.length, asks.length, async (i) => {
      const answer = await ask(3216, "/api/order/place", asks[i]);
      won += Boolean(answer.headers.location?.startsWith("/sandbox/pay/"));
    });
    return { won, rate: asks.length / seconds };
  };
  await released(await ready((i) => 1 + i)); // connections, warm
  const many = await released(await ready((i) => 1 + i));
  const late = await ready(() => 0);
  const one = await released(await ready(() => 0));
  waits.length = 0;
  const losers = await released(late);
  show("orders a second for 1,000 things, 1,000 at once", `${many.rate.toFixed(0)} (${many.won} placed)`);
  show("of it for one thing", `${((100 * one.rate) / many.rate).toFixed(0)} % (${one.won} placed)`, ">= 50 %");
  show("losers: answers a second, median", `${losers.rate.toFixed(0)}, ${waited(0.5).toFixed(0)} ms (${losers.won} placed)`, "0 placed");
  // A thousand at once share two cores with their driver; what one loser waits for the shop itself:
  const few = late.slice(0, 200);
  waits.length = 0;
  await spread(few.length, 16, async (i) => ask(3216, "/api/order/place", few[i]));
  show("losers, 16 at once: median", `${waited(0.5).toFixed(1)} ms`, "< 50 ms");
  await stop(m.shop);
  m.verified();
};

/** Ten thousand teams of one campaign: what joining costs beside a plain purchase; and five thousand pages that look at one team. */
const teams = async () => {
  const many = Number(process.env.BENCH_TEAMS ?? 10000), pages = Number(process.env.BENCH_PAGES ?? 5000), timed = 1000;
  const data = join(work, "teams");
  const csv = join(work, "hot.csv");
  writeFileSync(csv, "Handle,Title,Published,Variant Price,Variant Inventory Qty,Variant Grams,Status\nhot-thing,Hot thing,true,50.00,1000000,100,active\n");
  const m = await market(3218, "teams", ["--second-factor-off"], {}, Math.max(64, Math.ceil(many / 9)));
  execFileSync(tuanju, ["import", "products", csv, "--data", data, "--lang", "en", "--currency", "CNY"], { stdio: "ignore" });
  const login = await ask(3218, "/api/account/login", { body: "name=ops&password=tuanju-demo&next=/" });
  const ops = login.headers["set-cookie"].find((c) => c.startsWith("__Host-sid=")).split(";")[0];
  const editor = (await ask(3218, "/admin/campaigns/new?slug=hot-thing", { cookie: ops })).text;
  const sku = editor.match(/name="sku\[0\]" value="([0-9a-f]+)"/)[1];
  const made = await ask(3218, "/api/group_buy/create", { cookie: ops, body: `key=bench0bench0bench0&slug=hot-thing&kind=heads&size=20&hours=24&days=7&units_each=99&leader_off=0&sku%5B0%5D=${sku}&price%5B0%5D=30&quota%5B0%5D=900000` });
  if (made.headers.location !== "/admin/campaigns") throw new Error(`no campaign: ${made.status} ${made.text.slice(0, 200)}`);
  const campaign = (await ask(3218, "/p/hot-thing")).text.match(/buy=group&(?:amp;)?c=(\w+)/)[1];
  const form = async (buy, cookie) => m.fields((await ask(3218, `/checkout?buy=${buy}`, { cookie })).text);
  /** Places and pays; answers where the order is. */
  const buy = async (body, cookie) => {
    const placed = await ask(3218, "/api/order/place", { cookie, body });
    const reference = placed.headers.location?.match(/^\/sandbox\/pay\/(\w+)$/)?.[1];
    if (!reference) throw new Error(`not placed: ${placed.headers.location} ${placed.headers["set-cookie"]}`);
    return (await ask(3218, "/api/payment/sandbox", { cookie, body: `reference=${reference}&action=pay` })).headers.location;
  };
  const opened = [];
  await spread(many, 32, async (i) => {
    const cookie = m.people[i % m.people.length];
    const order = await buy(await form(`open:${campaign}:${sku}:1`, cookie), cookie);
    if (i < timed + 50) opened.push({ i, team: (await ask(3218, order, { cookie })).text.match(/href="\/g\/(\w+)"/)[1] });
  });
  show("teams that are forming", String(many));
  const rate = async (of) => {
    const asks = [];
    await spread(timed, 16, async (i) => asks.push(await of(i)));
    await m.quiet();
    const seconds = await spread(timed, 64, async (i) => buy(asks[i].body, asks[i].cookie));
    return timed / seconds;
  };
  const other = (i, by) => m.people[(i + by) % m.people.length];
  const plain = await rate(async (i) => ({ cookie: other(i, 7), body: await form(`${sku}:1`, other(i, 7)) }));
  const join_ = await rate(async (i) => ({ cookie: other(opened[i].i, 7), body: await form(`team:${opened[i].team}:${sku}:1`, other(opened[i].i, 7)) }));
  show("plain orders of one thing a second, placed and paid, 64 at once", plain.toFixed(0));
  show("joins of teams of one campaign, of that", `${join_.toFixed(0)}: ${((100 * join_) / plain).toFixed(0)} %`, ">= 70 %");

  const watched = opened[timed + 1];
  const ears = new http.Agent({ keepAlive: true, maxSockets: Infinity });
  const heard = new Float64Array(pages);
  let seen = 0;
  const bare = memory(m.shop.pid, "VmRSS");
  const requests = [];
  await spread(pages, 64, (i) => new Promise((done, fail) => {
    const request = http.get({ port: 3218, host: "127.0.0.1", path: `/events/team-${watched.team}`, agent: ears, headers: { "sec-fetch-site": "same-origin" } }, (answer) => {
      let first = true;
      answer.on("data", (part) => {
        if (!String(part).includes("data:")) return;
        if (first) return (first = false, done());
        seen += heard[i] === 0;
        heard[i] = performance.now();
      });
    });
    request.on("error", fail);
    requests.push(request);
  }));
  await m.quiet();
  show("memory of a page that looks at a team", `${(((memory(m.shop.pid, "VmRSS") - bare) * 1024) / pages).toFixed(1)} KB`, "< 20 KB");
  const cookie = other(watched.i, 9);
  const seat = await form(`team:${watched.team}:${sku}:1`, cookie);
  const found = [];
  await spread(400, 16, async (i) => found.push(await m.look(i)));
  await m.quiet();
  const shopping = spread(found.length, 16, async (i) => m.checkout(found[i]));
  await new Promise((done) => setTimeout(done, 200));
  const told = performance.now();
  await buy(seat, cookie);
  for (let i = 0; seen < pages && i < 100; i++) await new Promise((done) => setTimeout(done, 100));
  await shopping;
  const late = [...heard].map((at) => at - told).sort((a, b) => a - b);
  show("pages that heard of a seat", `${seen} of ${pages}`, "all");
  show("from the form to the page: 99th of 100", `${late[Math.floor(pages * 0.99)].toFixed(0)} ms`, "< 1000 ms");
  show("checkouts meanwhile: 99th of 100", `${waited(0.99).toFixed(0)} ms`, "< 150 ms");
  for (const request of requests) request.destroy();
  await stop(m.shop);
  m.verified();
};

/** How late a viewer is. */
const glass = async () => {
  const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3221", "--data", join(work, "glass"), "--limits-off", "--second-factor-off"], 3221, "/readyz");
  await measure("http://127.0.0.1:3221", show).finally(() => stop(shop));
};

/** A live room that many look at: how late what is said arrives, what a delivery costs, and what a player of its pictures costs. */
const live = async () => {
  const viewers = Number(process.env.BENCH_VIEWERS ?? 1000), watchers = Number(process.env.BENCH_WATCHERS ?? 300);
  const lines = 200, speakers = 64;
  const m = await market(3219, "live", [], {}, speakers);
  const room = /href="\/live\/([^"?]+)"[^>]*data-state="live"/.exec((await ask(3219, "/live")).text)[1];
  const found = [];
  await spread(300, 16, async (i) => found.push(await m.look(i)));
  await m.quiet();
  await spread(150, 16, async (i) => m.checkout(found[i]));
  const calm = waited(0.99);
  const ears = new http.Agent({ keepAlive: true, maxSockets: Infinity });
  const bare = memory(m.shop.pid, "VmRSS");
  const requests = [], said = new Map(), late = [];
  let gaps = 0, count = 1000;
  await spread(viewers, 64, (i) => new Promise((done, fail) => {
    let last = 0, rest = "";
    const request = http.get({ port: 3219, host: "127.0.0.1", path: `/events/room-${room}`, agent: ears, headers: { "sec-fetch-site": "same-origin", "user-agent": `viewer ${i}` } }, (answer) => {
      answer.setEncoding("utf8");
      answer.on("data", (part) => {
        const now = performance.now();
        rest += part;
        for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
          const data = /^data: ?(.*)$/m.exec(rest.slice(0, end))?.[1];
          if (!data) continue;
          for (const line of JSON.parse(data).lines ?? []) {
            gaps += last > 0 && line.seq !== last + 1;
            last = line.seq;
            if (said.has(line.text)) late.push(now - said.get(line.text));
          }
          done();
        }
      });
    });
    request.on("error", fail);
    requests.push(request);
  }));
  await new Promise((done) => setTimeout(done, 3000));
  show("memory of a page that looks at a room", `${(((memory(m.shop.pid, "VmRSS") - bare) * 1024) / viewers).toFixed(1)} KB`, "< 64 KB");
  const storm = async (n, each) => {
    for (let i = 0; i < n; i++) {
      const text = `say ${(count++).toString(26)}`;
      said.set(text, performance.now());
      ask(3219, "/api/live/say", { cookie: m.people[i % speakers], body: `code=${room}&text=${encodeURIComponent(text)}` });
      await new Promise((done) => setTimeout(done, each));
    }
    await new Promise((done) => setTimeout(done, 2000));
  };
  const busy = cpu(m.shop.pid), begun = performance.now();
  await storm(lines, 50);
  const spent = cpu(m.shop.pid) - busy, seconds = (performance.now() - begun) / 1000;
  late.sort((a, b) => a - b);
  show(`lines to ${viewers} pages, 20 a second: delivered, gaps`, `${late.length} of ${lines * viewers}, ${gaps}`, "all, 0");
  show("from the form to the page: median, 99th of 100", `${late[late.length >> 1].toFixed(0)} ms, ${late[Math.floor(late.length * 0.99)].toFixed(0)} ms`, "99th < 200 ms at 1,000");
  show("CPU of a delivery", `${((spent * 1000) / late.length).toFixed(1)} us (${(spent / seconds / 10).toFixed(0)} % of a core)`);
  waits.length = 0;
  const storming = storm(lines, 25);
  await spread(150, 16, async (i) => m.checkout(found[150 + i]));
  const stormy = waited(0.99);
  await storming;
  show("checkouts while the room storms: 99th of 100, of a calm one", `${stormy.toFixed(0)} ms: ${(stormy / calm).toFixed(2)} x`, "<= 1.5 x");
  for (const request of requests) request.destroy();
  await new Promise((done) => setTimeout(done, 2000));

  // Players: each list as soon as there is another part, and the part.
  let errors = 0, parts = 0, bytes = 0;
  const until = performance.now() + 10_000;
  const before = { cpu: cpu(m.shop.pid), memory: memory(m.shop.pid, "VmRSS") };
  const get = (path) => new Promise((done, fail) => {
    http.get({ port: 3219, host: "127.0.0.1", path: `/hls/${room}/${path}`, agent: ears }, (answer) => {
      const all = [];
      answer.on("data", (part) => all.push(part));
      answer.on("end", () => (answer.statusCode === 200 ? done(Buffer.concat(all)) : fail(new Error(`${answer.statusCode}`))));
    }).on("error", fail);
  });
  await Promise.all(Array.from({ length: watchers }, async () => {
    try {
      let list = String(await get("media.m3u8"));
      while (performance.now() < until) {
        const [, number, part] = /PRELOAD-HINT:TYPE=PART,URI="p(\d+)\.(\d+)\.m4s"/.exec(list);
        const piece = await get(`p${number}.${part}.m4s`);
        bytes += piece.length;
        parts++;
        list = String(await get(`media.m3u8?_HLS_msn=${number}&_HLS_part=${part}`));
      }
    } catch { errors++; }
  }));
  show(`players of the pictures: ${watchers}: parts, errors`, `${parts}, ${errors}`, "no error");
  show("CPU and memory of them", `${((cpu(m.shop.pid) - before.cpu) / 100).toFixed(0)} % of a core, ${(memory(m.shop.pid, "VmRSS") - before.memory).toFixed(0)} MB, ${((bytes * 8) / 10 / 1e6).toFixed(0)} Mbit/s`, "1,000: <= 30 %");
  await stop(m.shop);
  m.verified();
};

/** Where the time of a purchase goes: the spans of its steps, and how much of the server's CPU they are. */
const spans = async () => {
  const log = join(work, "spans.log");
  const m = await market(3217, "spans", [], { TUANJU_LOG: "warn,shop=debug", LOG: log }, 8);
  const n = 200;
  const found = [];
  for (let i = 0; i < n; i++) found.push(await m.look(i));
  await m.quiet();
  const begun = statSync(log).size;
  const before = cpu(m.shop.pid);
  for (const one of found) await m.checkout(one);
  await m.quiet();
  const whole = ((cpu(m.shop.pid) - before) * 1000) / n;
  await stop(m.shop);
  const unit = { s: 1e6, ms: 1e3, µs: 1, ns: 1e-3 };
  const steps = new Map();
  for (const line of readFileSync(log, "utf8").slice(begun).split("\n")) {
    if (!line.includes('"message":"close"')) continue;
    const { span, "time.busy": busy } = JSON.parse(line);
    const [, number, of] = busy.match(/^([\d.]+)(\D+)$/);
    const step = steps.get(span.name) ?? { times: 0, busy: 0 };
    steps.set(span.name, { times: step.times + 1, busy: step.busy + Number(number) * unit[of] });
  }
  console.log(`From the cart to the paid order: ${(whole / 1000).toFixed(2)} ms of CPU with every step written to the log. Of it, in the steps:`);
  for (const [name, { times, busy }] of [...steps].sort((a, b) => b[1].busy - a[1].busy)) {
    const each = busy / n;
    console.log(`${name.padEnd(20)} ${(times / n).toFixed(1).padStart(5)} x ${each.toFixed(0).padStart(6)} µs  ${"█".repeat(Math.ceil(each / 20))}`);
  }
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

const posts = async () => {
  const many = Number(process.env.BENCH_POSTS ?? 100_000);
  const cost = {};
  for (const n of [10_000, many]) {
    const data = join(work, `posts-${n}`);
    execFileSync(tuanju, ["seed", "--products", "1000", "--users", "50", "--posts", `${n}`, "--data", data]);
    const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3215", "--data", data, "--limits-off"], 3215, "/readyz");
    for (const [name, path] of [["feed", "/?n="], ["page of a post", "/posts/Seedzzzzz12z?n="], ["page of a topic", "/t/seed_7?n="], ["page of a person", "/u/seed1?n="]]) {
      await spread(100, 8, () => ask(3215, `${path}${Math.random()}`));
      const from = waits.length;
      const before = cpu(shop.pid);
      await spread(1000, 8, async () => {
        const answer = await ask(3215, `${path}${Math.random()}`);
        if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      });
      const times = waits.slice(from).sort((a, b) => a - b);
      (cost[name] ??= []).push({ ms: (cpu(shop.pid) - before) / 1000, p99: times[Math.floor(times.length * 0.99)] });
    }
    await stop(shop);
  }
  for (const [name, [small, large]] of Object.entries(cost)) {
    show(`growth of ${name}, 10,000 to ${many.toLocaleString("en")} posts: server CPU`, `${(large.ms / small.ms).toFixed(2)} x (${large.ms.toFixed(2)} ms, 99th ${large.p99.toFixed(0)} ms)`, "< 1.5 x");
  }
};

const search = async () => {
  const many = Number(process.env.BENCH_SEARCH ?? 100_000);
  const cost = {};
  for (const n of [10_000, many]) {
    const data = join(work, `search-${n}`);
    const begun = performance.now();
    execFileSync(tuanju, ["seed", "--products", `${n}`, "--users", "50", "--posts", `${n}`, "--data", data]);
    const seeded = (performance.now() - begun) / 1000;
    const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3217", "--data", data, "--limits-off"], 3217, "/readyz");
    const asks = {
      "a word of few": (i) => ask(3217, `/search?q=shade${i % 5000}&n=${Math.random()}`),
      "a word of all": () => ask(3217, `/search?q=seed&n=${Math.random()}`),
      "a word of all, by price": () => ask(3217, `/search?q=seed&tab=product&sort=price_up&n=${Math.random()}`),
      "two words": (i) => ask(3217, `/search?q=kind${i % 1000}+product&n=${Math.random()}`),
      "suggestions": (i) => ask(3217, "/api/search/suggest", { body: `typed=${["s", "sh", "shade", "shade1", "k", "kind", "kind 2"][i % 7]}`, accept: "application/json" }),
    };
    for (const [name, run] of Object.entries(asks)) {
      await spread(60, 4, run);
      const from = waits.length;
      const before = cpu(shop.pid);
      await spread(400, 2, async (i) => {
        const answer = await run(i);
        if (answer.status !== 200) throw new Error(`${name}: ${answer.status}`);
      });
      const times = waits.slice(from).sort((a, b) => a - b);
      (cost[name] ??= []).push({ ms: (cpu(shop.pid) - before) / 400, p99: times[Math.floor(times.length * 0.99)], seeded });
    }
    await stop(shop);
  }
  for (const [name, [small, large]] of Object.entries(cost)) {
    const aim = name === "suggestions" ? "99th < 20 ms" : "";
    show(`growth of ${name}, 10,000 to ${many.toLocaleString("en")}: server CPU`, `${(large.ms / small.ms).toFixed(2)} x (${large.ms.toFixed(2)} ms, 99th ${large.p99.toFixed(0)} ms)`, aim);
  }
};

const uploads = async () => {
  const data = join(work, "uploads");
  const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3219", "--data", data, "--limits-off"], 3219, "/readyz");
  const login = await ask(3219, "/api/account/login", { body: "name=kol&password=tuanju-demo&next=/" });
  const cookie = login.headers["set-cookie"].find((c) => c.includes("sid=")).split(";")[0];
  // One of the shop's own pictures, as large as it makes them.
  const front = (await ask(3219, "/")).text;
  const path = front.match(/\/media\/[^" ]+\/1080\.jpg/)?.[0] ?? front.match(/\/media\/[^" ]+\/720\.jpg/)[0].replace("720", "1080");
  const picture = Buffer.from(await (await fetch(`http://127.0.0.1:3219${path}`)).arrayBuffer());
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const code = () => Array.from({ length: 12 }, () => alphabet[Math.floor(Math.random() * 58)]).join("");
  const posts = Array.from({ length: 40 }, code);
  const rest = memory(shop.pid, "VmRSS");
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, memory(shop.pid, "VmRSS"))), 50);
  const n = 200;
  const times = [];
  const busy = cpu(shop.pid);
  const seconds = await spread(n, 50, async (i) => {
    const form = new FormData();
    form.set("action", "add");
    form.set("picture", new Blob([picture], { type: "image/jpeg" }), "a.jpg");
    form.set("whole", "1");
    const begun = performance.now();
    const answer = await fetch(`http://127.0.0.1:3219/upload/post/${posts[i % posts.length]}`, { method: "POST", body: form, redirect: "manual", headers: { cookie, "sec-fetch-site": "same-origin" } });
    times.push(performance.now() - begun);
    if (answer.status !== 204) throw new Error(`a picture: ${answer.status}`);
  });
  clearInterval(watch);
  times.sort((a, b) => a - b);
  show(`pictures of ${(picture.length / 1024).toFixed(0)} KB, fifty at once`, `${(n / seconds).toFixed(1)} a second (${((cpu(shop.pid) - busy) / n).toFixed(0)} ms of CPU each, 99th ${(times[Math.floor(n * 0.99)] / 1000).toFixed(1)} s), ${(peak - rest).toFixed(0)} MB more than at rest`, "< 250 MB");
  await stop(shop);
};

const mine = async () => {
  const many = Number(process.env.BENCH_EVENTS ?? 1_000_000);
  const things = Number(process.env.BENCH_THINGS ?? 100_000);
  const cost = [];
  for (const n of [many / 10, many]) {
    const data = join(work, `mine-${n}`);
    execFileSync(tuanju, ["seed", "--products", `${things / 2}`, "--users", "60", "--posts", `${things / 2}`, "--events", `${n}`, "--data", data], { stdio: "ignore" });
    const shop = await serve(tuanju, ["demo", "--addr", "127.0.0.1:3218", "--data", data, "--limits-off"], 3218, "/readyz");
    const cookies = [];
    for (let i = 0; i < 40; i++) {
      const answer = await ask(3218, "/api/account/login", { body: `name=seed${i}&password=tuanju-demo&next=/` });
      cookies.push(answer.headers["set-cookie"].find((c) => c.includes("sid=")).split(";")[0]);
    }
    const page = (i) => ask(3218, `/?n=${Math.random()}`, { cookie: cookies[i % cookies.length] });
    // It has read everything when the reasons are those of people with a past.
    for (let i = 0; i < 600 && !/data-factor="(beside|near|interest)"/.test((await page(0)).text); i++) await new Promise((done) => setTimeout(done, 200));
    await spread(200, 2, page);
    const from = waits.length;
    const before = cpu(shop.pid);
    await spread(1000, 2, async (i) => {
      const answer = await page(i);
      if (answer.status !== 200 || !answer.text.includes('data-testid="why-this"')) throw new Error(`a feed: ${answer.status}`);
    });
    const times = waits.slice(from).sort((a, b) => a - b);
    const of = { ms: (cpu(shop.pid) - before) / 1000, p99: times[Math.floor(times.length * 0.99)], memory: memory(shop.pid, "VmRSS") };
    // What browsers tell: batches of fifty, and all of it is in the database when the last has been written.
    const told = JSON.stringify(Array.from({ length: 50 }, (_, i) => ({ did: "impression", kind: "product", name: `seed-${i}`, ms: 1200 })));
    const known = async (cookie) => Number((await ask(3218, "/taste", { cookie: `${cookie}; lang=en` })).text.match(/([\d,]+) things you did/)?.[1].replaceAll(",", "") ?? 0);
    const remembered = async () => (await Promise.all(cookies.map(known))).reduce((a, b) => a + b, 0);
    const start = await remembered();
    const batches = 2_000;
    const begun = performance.now();
    const busy = cpu(shop.pid);
    let refused = 0;
    await spread(batches, 8, async (i) => {
      for (;;) {
        const answer = await ask(3218, "/seen", { body: told, cookie: cookies[i % cookies.length], type: "application/json" });
        if (answer.status === 204) return;
        if (answer.status !== 503) throw new Error(`told: ${answer.status}`);
        refused++;
        await new Promise((done) => setTimeout(done, 20));
      }
    });
    while ((await remembered()) < start + batches * 50) await new Promise((done) => setTimeout(done, 50));
    const seconds = (performance.now() - begun) / 1000;
    of.intake = (batches * 50) / seconds;
    of.event = ((cpu(shop.pid) - busy) * 1000) / (batches * 50);
    of.refused = refused;
    cost.push(of);
    await stop(shop);
  }
  const [small, large] = cost;
  show(`somebody's own feed, ${(many / 10).toLocaleString("en")} to ${many.toLocaleString("en")} events, ${things.toLocaleString("en")} things: server CPU`, `${(large.ms / small.ms).toFixed(2)} x (${large.ms.toFixed(2)} ms, 99th ${large.p99.toFixed(0)} ms, ${large.memory.toFixed(0)} MB)`, "99th < 30 ms");
  show("events told in batches of 50 and written", `${large.intake.toFixed(0)} a second (${large.event.toFixed(1)} us of CPU each, ${large.refused} batches told to wait)`, ">= 20,000");
};

try {
  const wanted = process.argv.slice(2);
  for (const [name, run] of Object.entries({ pages, purchase, hot, teams, live, glass, spans, posts, search, uploads, mine, growth })) if (wanted.length === 0 || wanted.includes(name)) await run();
} finally {
  rmSync(work, { recursive: true, force: true });
}
