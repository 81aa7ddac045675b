// What the shipped pages are worth: valid HTML (vnu) on every public page in every language, and lighthouse's mobile profile on
// the two pages where people arrive. Fails on any error of the HTML and below the aims.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const require = createRequire(new URL("../end2end/package.json", import.meta.url));
const AIMS = { lcp: 2000, cls: 0.02, accessibility: 1 };
const address = "127.0.0.1:3208";
const work = mkdtempSync(join(tmpdir(), "tuanju-pages-"));
const server = spawn("target/release/tuanju", ["demo", "--addr", address, "--data", join(work, "data"), "--limits-off"], { stdio: "ignore" });
let failed = 0;
const say = (fine, what) => {
  console.log(`${fine ? "ok  " : "FAIL"} ${what}`);
  failed += !fine;
};

const form = async (path, fields, cookie) => {
  const answer = await fetch(`http://${address}/api/${path}`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(fields),
    headers: { accept: "text/html", "sec-fetch-site": "same-origin", ...(cookie ? { cookie } : {}) },
  });
  return { cookie: answer.headers.getSetCookie().find((c) => c.includes("sid="))?.split(";")[0] ?? cookie, to: answer.headers.get("location") };
};

const html = async () => {
  const slug = "breathable-road-running-shoes";
  const { cookie } = await form("account/login", { name: "mei", password: "tuanju-demo", next: "/" });
  await form("cart/add", { slug, quantity: "1", "choice[0]": "0", "choice[1]": "0", then: "stay" }, cookie);
  const orders = await (await fetch(`http://${address}/orders`, { headers: { cookie } })).text();
  const order = orders.match(/href="(\/orders\/[^"?]+)"/)?.[1];
  const product = await (await fetch(`http://${address}/p/plateau-blueberries`)).text();
  const team = product.match(/href="(\/g\/[^"?]+)"/)[1];
  const seat = product.match(/href="(\/p\/[^"]*buy=team[^"]*)"/)[1].replaceAll("&amp;", "&");
  const front = await (await fetch(`http://${address}/`)).text();
  const post = front.match(/href="(\/posts\/[^"?]+)"/)[1];
  await form("share/open", { kind: "product", object: slug }, cookie);
  const challenge = (await (await fetch(`http://${address}/challenges`)).text()).match(/href="(\/challenges\/[^"?]+)"/)[1];
  const board = (await (await fetch(`http://${address}/u/kol`)).text()).match(/href="(\/b\/[^"?]+)"/)[1];
  const live = await (await fetch(`http://${address}/live`)).text();
  const rooms = ["live", "scheduled", "ended"].map((state) => new RegExp(`href="(/live/[^"?]+)"[^>]*data-state="${state}"`).exec(live)[1]);
  const fair = /href="(\/fair\/[^"?]+)"/.exec(await (await fetch(`http://${address}${rooms[2]}`)).text())[1];
  const open = /href="(\/fair\/[^"?]+)"/.exec(await (await fetch(`http://${address}${rooms[0]}`)).text())[1];
  const guest = [fair, open, post, `${post}/history`, "/u/kol", "/t/%E5%96%9D%E8%8C%B6", "/t/nothing_yet", team, seat, "/p/plateau-blueberries", "/", "/shop", "/c/tea", "/search", "/search?q=%E8%8C%B6", "/search?q=%E8%8C%B6&tab=product", "/search?q=%E8%8C%B6&tab=post", "/search?q=mei&tab=person", "/search?q=qqqqqq", `/p/${slug}`, `/p/${slug}?buy=single`, `/p/${slug}/reviews`, `/p/${slug}/questions`, "/cart", "/login?next=/me", "/register", "/withdraw", "/withdraw?order=1&phone=1", "/transparency", "/offline", "/nowhere", "/challenges", challenge, `${challenge}?sort=new`, board, "/live", ...rooms];
  const { to: asked } = await form("question/ask", { slug: "plateau-blueberries", text: "How long do they keep?" }, cookie);
  const mine = (await (await fetch(`http://${address}/u/mei`)).text()).match(/href="\/posts\/([^"?]+)"/)[1];
  const pictured = (await (await fetch(`http://${address}/new?post=${mine}`, { headers: { cookie } })).text()).match(/value="shape:([0-9a-f]{32})"/)[1];
  const own = [fair, open, `/share/room/${rooms[0].split("/").pop()}`, `/new?post=${mine}`, `/new/cut?post=${mine}&picture=${pictured}`, "/new/cut?post=x&picture=y", "/me/creator", post, asked, "/p/plateau-blueberries/questions", "/new", "/new?fresh=1&q=a", "/u/mei", "/u/mei?tab=collected", "/?tab=follow", team, `/share/product/${slug}`, `/share/team/${team.slice(3)}`, "/me/shares", "/me/invited", "/cart", "/checkout", "/orders", order, order && `${order}/return`, order && `${order}/review`, order && `${order}/receipt`, "/inbox", "/me", "/settings", "/me/averse", "/me/known", "/boards", `/boards?post=${post.split("/").pop()}`, `/share/post/${post.split("/").pop()}`, `/report/post/${post.split("/").pop()}`, "/addresses"].filter(Boolean);
  // Who hosts has a studio.
  const host = (await form("account/login", { name: "host", password: "tuanju-demo", next: "/" })).cookie;
  const studio = rooms[0].replace("/live/", "/studio/");
  // Ana has a feed of her own.
  const ana = (await form("account/login", { name: "ana", password: "tuanju-demo", next: "/" })).cookie;
  const why = (await (await fetch(`http://${address}/`, { headers: { cookie: ana } })).text()).match(/href="(\/why\/[^"]+)"/)[1];
  const files = [];
  for (const lang of ["zh-Hans", "zh-Hant", "en"]) {
    for (const [path, as] of [...guest.map((p) => [p, undefined]), ...own.map((p) => [p, cookie]), ...["/", "/taste", why].map((p) => [p, ana]), ...["/live", rooms[0], studio].map((p) => [p, host])]) {
      const jar = [`lang=${lang}`, as].filter(Boolean).join("; ");
      const file = join(work, `${files.length}.html`);
      writeFileSync(file, await (await fetch(`http://${address}${path}`, { headers: { accept: "text/html", cookie: jar } })).text());
      files.push([file, `${path} in ${lang}${as ? ", logged in" : ""}`]);
    }
  }
  let report = "";
  try {
    await promisify(execFile)("java", ["-Xss4m", "-jar", require("vnu-jar"), "--format", "json", "--errors-only", "--stdout", ...files.map(([f]) => f)], { maxBuffer: 1 << 26, encoding: "utf8" });
  } catch (error) {
    report = error.stdout;
  }
  const found = report ? JSON.parse(report).messages : [];
  const named = new Map(files);
  for (const m of found.slice(0, 30)) console.log(`     ${named.get(m.url.replace("file:", ""))}: ${m.message} ${m.extract?.trim().slice(0, 160) ?? ""}`);
  say(found.length === 0, `HTML of ${files.length} pages is valid`);
};

const launched = async (work) => {
  const { launch } = await import(require.resolve("chrome-launcher"));
  const chrome = await launch({ chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium", chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
  try {
    return await work(chrome.port);
  } finally {
    await chrome.kill();
  }
};

/** What lighthouse measured of a page. On a busy machine its trace can lack the paint that it measures; then it did not measure, and does once more. */
const measured = async (path) => {
  const { default: run } = await import(require.resolve("lighthouse"));
  for (let tries = 1; ; tries++) {
    const { lhr } = await launched((port) => run(`http://${address}${path}`, { port, onlyCategories: ["performance", "accessibility"], logLevel: "error" }));
    const [lcp, cls] = [lhr.audits["largest-contentful-paint"], lhr.audits["cumulative-layout-shift"]];
    if (Number.isFinite(lcp.numericValue) && Number.isFinite(cls.numericValue)) return { lhr, lcp: lcp.numericValue, cls: cls.numericValue };
    const why = lhr.runtimeError?.message ?? lcp.errorMessage ?? cls.errorMessage ?? "no reason given";
    console.log(`     ${path}: not measured (${why})`);
    if (tries === 3) throw new Error(`${path}: not measured in three tries`);
  }
};

/** The median of three measurements by their paint: a simulated paint moves by a second when a script ends just before or behind it. A good first one is enough. */
const typical = async (path) => {
  const first = await measured(path);
  if (first.lcp <= AIMS.lcp) return first;
  const all = [first, await measured(path), await measured(path)].sort((a, b) => a.lcp - b.lcp);
  console.log(`     ${path}: paints of ${all.map((m) => (m.lcp / 1000).toFixed(2)).join(", ")} s`);
  return all[1];
};

const lighthouse = async () => {
  const product = await (await fetch(`http://${address}/p/plateau-blueberries`)).text();
  const team = product.match(/href="(\/g\/[^"?]+)"/)[1];
  for (const path of ["/", "/p/breathable-road-running-shoes", team]) {
    const { lhr, lcp, cls } = await typical(path);
    const reached = lhr.categories.accessibility.score;
    say(lcp <= AIMS.lcp, `${path}: largest contentful paint ${(lcp / 1000).toFixed(2)} s (at most ${AIMS.lcp / 1000})`);
    say(cls <= AIMS.cls, `${path}: layout shift ${cls.toFixed(3)} (at most ${AIMS.cls})`);
    say(reached >= AIMS.accessibility, `${path}: accessibility ${Math.round(reached * 100)}`);
    console.log(`     ${path}: performance ${Math.round(lhr.categories.performance.score * 100)}, first paint ${(lhr.audits["first-contentful-paint"].numericValue / 1000).toFixed(2)} s, blocked ${lhr.audits["total-blocking-time"].numericValue.toFixed(0)} ms`);
    if (process.env.TUANJU_AUDITS) for (const a of Object.values(lhr.audits)) if (a.score !== null && a.score < 0.9) console.log(`       ${a.id}: ${a.displayValue ?? a.score}`);
  }
};

try {
  for (let i = 0; i < 100; i++) {
    if ((await fetch(`http://${address}/readyz`).catch(() => undefined))?.ok) break;
    await new Promise((done) => setTimeout(done, 200));
  }
  await html();
  await lighthouse();
} finally {
  server.kill("SIGTERM");
  await new Promise((done) => server.once("exit", done));
  rmSync(work, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
