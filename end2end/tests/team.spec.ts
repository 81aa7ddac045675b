import { demo, postgres, stop, verify } from "../servers";
import { alive, expect, fillAddress, operator, register, test } from "./shop";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import type { Browser, Page } from "@playwright/test";

/** Somebody new with an address, in a browser of his own. */
const somebody = async (browser: Browser, at?: string): Promise<Page> => {
  const { javaScriptEnabled } = test.info().project.use;
  const baseURL = at ?? test.info().project.use.baseURL;
  const page = await (await browser.newContext({ baseURL, javaScriptEnabled, locale: "zh-CN", viewport: { width: 390, height: 844 } })).newPage();
  await register(page);
  await page.goto("/addresses");
  await alive(page);
  await fillAddress(page);
  return page;
};

const pay = async (page: Page) => {
  await expect(page).toHaveURL(/\/checkout/);
  await alive(page);
  await page.getByTestId("place-order").click();
  await expect(page).toHaveURL(/\/sandbox\/pay\//);
  await page.getByTestId("sandbox-pay").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
};

/** Opens a team of a product; answers the path of its invitation. */
const open = async (page: Page, slug: string): Promise<string> => {
  await page.goto(`/p/${slug}`);
  await alive(page);
  await page.getByTestId("buy-group").click();
  await page.getByTestId("confirm").click();
  await pay(page);
  return (await page.getByTestId("team-link").getAttribute("href"))!;
};

const join = async (page: Page, invitation: string) => {
  await page.goto(invitation);
  await alive(page);
  await expect(page.getByTestId("team-state")).toHaveAttribute("data-standing", "open");
  await page.getByTestId("team-join").first().click();
  await page.waitForURL(/\/checkout|\/p\//);
  if (page.url().includes("/p/")) await page.getByTestId("confirm").click();
  await pay(page);
};

const script = () => test.info().project.use.javaScriptEnabled !== false;
const seats = (page: Page, state: string) => page.locator(`[data-testid=team-seat][data-state=${state}]`);

test("a leader opens a team, a friend joins from the link, a stranger completes it, and all of them see it", async ({ browser }) => {
  test.setTimeout(180_000);
  const [leader, friend, stranger] = [await somebody(browser), await somebody(browser), await somebody(browser)];
  // A team of three.
  const invitation = await open(leader, "summer-strawberries");
  await leader.goto(invitation);
  await expect(leader.getByTestId("team-state")).toHaveAttribute("data-standing", "own");
  await expect(seats(leader, "paid")).toHaveCount(1);
  await expect(seats(leader, "open")).toHaveCount(2);
  await expect(leader.getByTestId("team-countdown").first()).toHaveText(/^\d+:\d\d:\d\d$/);
  await alive(leader);

  await leader.getByTestId("team-invite").click();
  await expect(leader.locator(".share-text")).toHaveText(/^\S+邀你拼『会泽夏草莓 单层装』¥38\.00，还差2人$/);
  await leader.goto(invitation);
  await alive(leader);
  await join(friend, invitation);
  const heard = Date.now();
  if (!script()) await leader.reload();
  await expect(seats(leader, "paid")).toHaveCount(2);
  expect(Date.now() - heard).toBeLessThan(3_000);
  await expect(leader.getByTestId("team-left").first()).toHaveAttribute("data-left", "1");
  await friend.goto("/orders?state=to_share");
  await expect(friend.getByTestId("order-card")).toHaveCount(1);
  await expect(friend.locator("article").getByRole("link", { name: /邀请好友/ })).toHaveAttribute("href", invitation);

  await join(stranger, invitation);
  if (!script()) await leader.reload();
  await expect(leader.getByTestId("team-state")).toHaveAttribute("data-state", "succeeded");
  await expect(leader.getByTestId("team-order")).toBeVisible();
  await friend.goto("/orders?state=to_share");
  await expect(friend.getByTestId("order-card")).toHaveCount(0);
  // Whoever comes now is told, and has a way on.
  const late = await somebody(browser);
  await late.goto(invitation);
  await expect(late.getByTestId("team-state")).toHaveAttribute("data-standing", "succeeded");
  await expect(late.getByTestId("open-team").first()).toBeVisible();
  for (const page of [leader, friend, stranger, late]) await page.context().close();
});

test("leaving gives the money back, a team that the shop ends gives it to everybody, and what is too late is told", async ({ browser }) => {
  test.setTimeout(240_000);
  const [leader, friend] = [await somebody(browser), await somebody(browser)];
  const ops = await operator(browser);
  const slug = script() ? "straight-leg-blue-jeans" : "heavyweight-cotton-tee";
  const ours = () => ops.getByTestId("campaign").filter({ hasText: "11.90" }).filter({ has: ops.locator(`a[href="/p/${slug}"]`) }).first();
  // A campaign of its own, made in the editor.
  await ops.goto("/admin/campaigns");
  await alive(ops);
  await ops.getByTestId("campaign-slug").fill(slug);
  await ops.getByTestId("campaign-choose").click();
  await expect(ops.getByTestId("campaign-worst")).toBeVisible();
  await alive(ops);
  await ops.getByTestId("campaign-size").fill("1");
  await ops.getByTestId("campaign-create").click();
  await expect(ops.getByRole("alert").first()).toHaveAttribute("data-code", "campaign_size");
  await expect(ops.getByTestId("campaign-size")).toHaveValue("1");
  await alive(ops);
  await ops.getByTestId("campaign-size").fill("4");
  await ops.locator("input[name='price[0]']").fill("11.90");
  await ops.getByTestId("campaign-create").click();
  await expect(ops).toHaveURL(/\/admin\/campaigns$/);
  await expect(ours()).toHaveAttribute("data-state", "running");

  const invitation = await open(leader, slug);
  await join(friend, invitation);
  await friend.goto(await friend.url());
  await alive(friend);
  await friend.getByTestId("team-leave").click();
  await expect(friend.getByTestId("order-status")).toHaveAttribute("data-state", /paid|refunded/);
  await expect.poll(async () => { await friend.reload(); return friend.getByTestId("order-status").getAttribute("data-state"); }).toBe("refunded");
  await leader.goto(invitation);
  await expect(seats(leader, "paid")).toHaveCount(1);

  await ops.goto("/admin/campaigns");
  await alive(ops);
  await ours().getByRole("button").nth(1).click();
  await expect(ours()).toHaveAttribute("data-state", "stopped");
  await expect.poll(async () => { await leader.goto(invitation); return leader.getByTestId("team-refund").locator("[data-kind=refunded]").count(); }).toBe(1);
  await expect(leader.getByTestId("team-state")).toHaveAttribute("data-standing", "cancelled");
  for (const page of [leader, friend, ops]) await page.context().close();
});

test("two nodes show one team, and when it fails by its deadline everybody has his money back", async ({ browser }) => {
  test.setTimeout(240_000);
  const { name } = test.info().project;
  const port = 3220 + 2 * ["sqlite", "sqlite-nojs", "postgres", "postgres-nojs"].indexOf(name);
  const data = mkdtempSync(path(tmpdir(), "tuanju-team-"));
  // SQLite has one node.
  const cluster = name.startsWith("postgres") ? await postgres() : undefined;
  const same = ["--webhook-secret", "the secret of this test", ...(cluster ? ["--database", cluster.url] : [])];
  let nodes = [await demo(port, data, same)];
  const there = cluster ? port + 1 : port;
  if (cluster) nodes.push(await demo(there, data, same));
  try {
    const leader = await somebody(browser, `http://127.0.0.1:${port}`);
    const friend = await somebody(browser, `http://127.0.0.1:${there}`);
    const invitation = await open(leader, "summer-strawberries");
    await leader.goto(invitation);
    await alive(leader);
    await join(friend, invitation);
    const heard = Date.now();
    if (!script()) await leader.reload();
    await expect(seats(leader, "paid")).toHaveCount(2);
    expect(Date.now() - heard).toBeLessThan(3_000);
    expect(await leader.getByTestId("team-left").first().getAttribute("data-left")).toBe("1");

    // A day and an hour later.
    await Promise.all(nodes.map(stop));
    nodes = [await demo(port, data, [...same, "--clock-offset", "90000"])];
    for (const page of [leader, friend]) {
      const at = `http://127.0.0.1:${port}`;
      await expect.poll(async () => { await page.goto(at + invitation); return page.getByTestId("team-refund").locator("[data-kind=refunded]").count(); }, { timeout: 30_000 }).toBe(1);
      await expect(page.getByTestId("team-state")).toHaveAttribute("data-state", "failed");
      await expect(page.getByTestId("team-state")).toHaveAttribute("data-standing", "expired");
      await page.goto(`${at}/orders`);
      await expect(page.getByTestId("order-card").first()).toHaveAttribute("data-state", "refunded");
      await page.goto(`${at}/inbox`);
      await expect(page.locator("[data-testid=notice][data-kind=team_failed]")).toHaveCount(1);
      await page.context().close();
    }
  } finally {
    await Promise.all(nodes.map(stop));
    const found = verify(data, same.slice(2));
    await cluster?.end();
    rmSync(data, { recursive: true, force: true });
    expect(found).toContain("0 violations");
  }
});
