import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { alive, expect, login, operator, register, test } from "./shop";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Opens a page, and what is folded on it if it is to be looked at, and lets axe look at it. */
const look = async (page: Page, path: string, unfolded = false) => {
  await page.goto(path);
  await alive(page);
  if (unfolded) await page.locator("details").evaluateAll((all) => all.forEach((d) => ((d as HTMLDetailsElement).open = true)));
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    // @ts-expect-error axe is put into the page above
    const result = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return result.violations.map((v: any) => `${v.id}: ${v.nodes.map((n: any) => n.html.slice(0, 160)).join(" | ")}`);
  });
  expect(found, path).toEqual([]);
};

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any page, ${scheme}`, async ({ page }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await login(page, "lei");
    await page.waitForURL(/\/me$/);
    await page.goto("/p/plateau-blueberries");
    const team = (await page.locator(".team-who").first().getAttribute("href"))!;
    // What one of his orders brought, and what is said of it.
    await page.goto("/orders?state=completed");
    if ((await page.getByTestId("order-card").count()) === 0) await page.goto("/orders?state=delivered");
    const order = (await page.getByTestId("order-card").first().locator("a").first().getAttribute("href"))!;
    const write = `${order}/review`;
    await page.goto(order);
    const reviewed = (await page.getByTestId("order-line").first().locator("a").getAttribute("href"))!;
    await page.goto("/");
    const post = (await page.getByTestId("post-card").first().getAttribute("href"))!;
    await page.goto("/u/kol");
    const asks = (await page.getByTestId("post-card").last().getAttribute("href"))!;
    await page.goto("/u/mei");
    const busy = (await page.getByTestId("post-card").last().getAttribute("href"))!;
    await page.goto("/u/kol");
    const board = (await page.getByTestId("board-card").first().getAttribute("href"))!;
    await page.goto("/live");
    const cards = page.getByTestId("live-card");
    const rooms = await cards.evaluateAll((all) => ["团团的晚间好物", "周末露营清单", "早餐和跑步"].map((s) => all.find((c) => c.textContent!.includes(s))!.getAttribute("href")!));
    // What was drawn, and what can be joined, with its sheet open.
    await page.goto(rooms[2]);
    const fair = (await page.locator("[data-kind=drawn] a").first().getAttribute("href"))!;
    await page.goto(rooms[0]);
    const open = (await page.locator("[data-kind=opens] a").first().getAttribute("href"))!;
    await page.goto("/challenges");
    const challenge = (await page.getByTestId("challenge-open").first().getAttribute("href"))!;
    await page.goto("/u/lei");
    const own = (await page.getByTestId("post-card").first().getAttribute("href"))!.split("/").pop();
    await page.goto(`/new?post=${own}`);
    const picture = (await page.getByTestId("picture-shape").first().getAttribute("value"))!.split(":")[1];
    await page.goto("/p/plateau-blueberries/questions");
    await alive(page);
    await page.getByTestId("question-text").fill(`How long do they keep (${scheme})?`);
    await page.getByTestId("question-send").click();
    await expect(page).toHaveURL(/\/questions\/\w+$/);
    const asked = new URL(page.url()).pathname;
    for (const path of ["/live", ...rooms, `${rooms[0]}#draw-sheet`, fair, open, `/share/room/${rooms[0].split("/").pop()}`, `/new?post=${own}`, `/new/cut?post=${own}&picture=${picture}`, board, challenge, "/challenges", "/boards", `/boards?post=${post.split("/").pop()}`, "/me/known", `/share/post/${post.split("/").pop()}`, asked, post, busy, asks, `${busy}/history`, "/new", "/new?fresh=1&q=a", "/u/mei", "/u/lei", "/u/lei?tab=collected", `/t/${encodeURIComponent("喝茶")}`, "/t/nothing_yet", "/?tab=follow", team, `/share/team/${team.split("/").pop()}`, "/share/product/plateau-blueberries", "/me/shares", "/me/invited", "/p/plateau-blueberries", "/p/plateau-blueberries?buy=group", reviewed, `${reviewed}/reviews`, "/p/plateau-blueberries/questions", write, "/orders?state=to_share", "/", "/shop", "/c/tea", "/search", "/search?q=T", "/search?q=%E8%8C%B6", "/search?q=%E8%8C%B6&tab=product", "/search?q=%E8%8C%B6&tab=post", "/search?q=mei&tab=person", "/search?q=%E8%8C%B6&tab=topic", "/search?q=qqqqqq", "/p/breathable-road-running-shoes", "/p/breathable-road-running-shoes?buy=single", "/cart", "/coupons", "/orders", "/inbox", "/me", "/settings", "/taste", "/me/creator", "/me/averse", `/report/post/${post.split("/").pop()}`, "/transparency", "/addresses", "/withdraw", "/withdraw?order=1&phone=1", "/offline", "/login", "/register"]) {
      await look(page, path);
    }
    // What is chosen from where something is ordered.
    await page.goto("/p/plateau-blueberries?buy=single");
    await alive(page);
    await page.getByTestId("confirm").click();
    await expect(page).toHaveURL(/\/checkout/);
    await look(page, page.url(), true);
  });
}

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing where a host works, ${scheme}`, async ({ page, browser }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await login(page, "host");
    await page.waitForURL(/\/me$/);
    await page.goto("/live");
    const room = (await page.getByTestId("live-card").filter({ hasText: "团团的晚间好物" }).getAttribute("href"))!;
    const shown = /href="\/live\/([^"?]+)"[^>]*>(?:(?!<\/a>).)*一周回顾/.exec(await (await page.request.get("/live")).text())![1];
    for (const path of ["/live", `/live/${shown}/1`, room, room.replace("/live/", "/studio/")]) await look(page, path);
    await look(page, room.replace("/live/", "/studio/"), true);
    // Something is asked, for whoever comes.
    if ((await page.getByTestId("ask-make").count()) > 0) {
      await page.getByTestId("ask-question").fill("下一个看什么？");
      await page.getByTestId("ask-one").fill("鞋");
      await page.getByTestId("ask-two").fill("裙子");
      await page.getByTestId("ask-seconds").selectOption("300");
      await page.getByTestId("ask-begin").click();
    }
    await expect(page.getByTestId("room-poll")).toBeVisible();
    const guest = await (await browser.newContext({ colorScheme: scheme, reducedMotion: "reduce" })).newPage();
    await register(guest);
    await look(guest, room);
    await expect(guest.getByTestId("room-poll")).toHaveAttribute("data-state", "open");
    // What one writes and buys with stays in sight, on the smallest phone too.
    for (const [width, height] of [[390, 844], [320, 568]]) {
      await guest.setViewportSize({ width, height });
      for (const seen of [guest.locator(".room-bar"), guest.getByTestId("pinned-product"), guest.getByTestId("hand"), guest.getByTestId("poll-clock")]) {
        await expect(seen, `${width}`).toBeInViewport({ ratio: 0.95 });
      }
      await guest.getByTestId("room-pause").click({ trial: true });
    }
    await guest.getByTestId("poll-option").first().click();
    await expect(guest.getByTestId("room-poll")).toHaveAttribute("data-state", "voted");
    await expect(guest.locator(".room-poll summary")).toBeFocused();
    await guest.getByTestId("fan-open").click();
    await guest.getByTestId("fan-turn").click();
    await expect(guest.getByTestId("fan")).toHaveAttribute("data-level", /\d/);
    await alive(guest);
    await guest.getByTestId("hand-open").click();
    await guest.getByTestId("hand-raise").click();
    await expect(guest.getByTestId("hand")).toHaveAttribute("data-state", "up");
    await expect(guest.getByTestId("hand")).toBeFocused();
    await look(guest, room, true);
    await guest.context().close();
  });

  test(`axe finds nothing in a feed of one's own, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await login(page, "ana");
    await page.waitForURL(/\/me$/);
    await look(page, "/");
    const why = (await page.getByTestId("why-this").first().getAttribute("href"))!;
    for (const path of [why, "/taste", "/me/creator"]) await look(page, path);
  });
}

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any page of the desk, ${scheme}`, async ({ browser }) => {
    test.setTimeout(180_000);
    const ops = await operator(browser, scheme === "light" ? "ops" : "mod");
    await ops.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const shelf of ["open", "appealed", "done"]) {
      await look(ops, `/admin/reports?shelf=${shelf}`);
      const cases = ops.getByTestId("moderation-case");
      if ((await cases.count()) > 0) await look(ops, (await cases.first().getAttribute("href"))!);
    }
    if (scheme === "dark") return;
    for (const path of ["/admin", "/admin/challenges", "/admin/words", "/admin/orders", "/admin/cases", "/admin/campaigns", "/admin/coupons", "/admin/campaigns/new?slug=plateau-blueberries", "/admin/referrals", "/admin/reviews", "/admin/statement", "/admin/log"]) await look(ops, path);
    await look(ops, "/admin/coupons", true);
  });
}
