// The desk of a room: what its host asks everybody, whom he calls, who keeps order, who is shut out, and what he reads of it.
import { alive, another, becomes, expect, openRoom, register, scripts, sends, test } from "./shop";
import type { Page } from "@playwright/test";

// What is refused is an answer, and the console says so.
test.use({ expectNoise: [/status of 4(03|09|22|29)/] });

const opens = async (page: Page, testid: string) => {
  const summary = page.getByTestId(testid);
  if (!(await summary.evaluate((s) => (s.parentElement as HTMLDetailsElement).open))) await summary.click();
};

const says = async (page: Page, text: string) => {
  await page.getByTestId("chat-input").fill(text);
  await page.getByTestId("chat-send").click();
};

const said = (page: Page, text: string) => page.getByTestId("chat-line").filter({ hasText: text });

test("a host asks, calls who raises his hand, has order kept, shuts somebody out, and reads what came of it", async ({ page, browser }) => {
  test.setTimeout(240_000);
  const [host, helper] = [await another(browser), await another(browser)];
  const code = await openRoom(host, "问答");
  const studio = async () => {
    await host.goto(`/studio/${code}`);
    await alive(host);
  };
  const shelf = await (await page.request.get("/shop?sort=new&stock=1")).text();
  const slug = [...shelf.matchAll(/href="\/p\/([^"?]+)/g)].map((m) => m[1])[0];
  await alive(host);
  await host.getByTestId("bag-slug").fill(slug);
  await host.getByTestId("bag-put").click();
  await expect(host.getByTestId("studio-item")).toHaveCount(1);
  await expect(host.getByTestId("ask-make")).toHaveCount(0);
  const encoder = await sends(host);
  try {
    const name = await register(page);
    const keeps = await register(helper);
    for (const who of [page, helper]) await who.goto(`/live/${code}`);
    await expect(async () => {
      await studio();
      await expect(host.getByTestId("studio-state")).toHaveAttribute("data-state", "live", { timeout: 500 });
    }).toPass({ timeout: 30_000 });

    // A quiz: what cannot be asked is said, and what was typed stays.
    await host.getByTestId("ask-make").click();
    await host.getByTestId("ask-question").fill("哪一只更保温？");
    await host.getByTestId("ask-one").fill("青");
    await host.getByTestId("ask-two").fill("青");
    await host.getByTestId("ask-right").selectOption("2");
    await host.getByTestId("ask-seconds").selectOption("15");
    await host.getByTestId("ask-begin").click();
    await expect(host.getByRole("alert").first()).toHaveAttribute("data-code", "option_twice");
    await expect(host.getByTestId("ask-question")).toHaveValue("哪一只更保温？");
    await expect(host.getByTestId("ask-right")).toHaveValue("2");
    await alive(host);
    await host.getByTestId("ask-two").fill("紫");
    await host.getByTestId("ask-begin").click();
    await expect(host.getByTestId("room-poll")).toHaveAttribute("data-state", "voted");
    for (const [i, who] of [page, helper].entries()) {
      await becomes(who, () => expect(who.getByTestId("room-poll")).toHaveAttribute("data-state", "open", { timeout: 1_000 }));
      await alive(who);
      await who.getByTestId("poll-option").nth(i).click();
      await expect(who.getByTestId("room-poll")).toHaveAttribute("data-state", "voted");
      // Nobody follows the others.
      expect(await who.getByTestId("poll-result").first().getAttribute("data-share")).toBeNull();
    }
    await becomes(page, () => expect(page.getByTestId("room-poll")).toHaveAttribute("data-state", "over", { timeout: 1_000 }), 40_000);
    await expect(page.getByTestId("poll-voters")).toHaveAttribute("data-count", "2");
    await expect(page.getByTestId("poll-result").nth(1)).toHaveAttribute("data-share", "50");
    await expect(page.locator("[data-testid=poll-result].right")).toContainText("紫");
    await expect(page.locator("[data-testid=poll-result].mine")).toContainText("青");

    // An open question tells what it has so far.
    await studio();
    await host.getByTestId("ask-make").click();
    await host.getByTestId("ask-question").fill("下一个？");
    await host.getByTestId("ask-one").fill("杯");
    await host.getByTestId("ask-two").fill("壶");
    await host.getByTestId("ask-seconds").selectOption("300");
    await host.getByTestId("ask-begin").click();
    await becomes(page, () => expect(page.getByTestId("room-poll")).toHaveAttribute("data-number", "2", { timeout: 1_000 }));
    await alive(page);
    await page.getByTestId("poll-option").first().click();
    await expect(page.getByTestId("poll-result").first()).toHaveAttribute("data-share", "100");
    await becomes(host, () => expect(host.getByTestId("poll-voters")).toHaveAttribute("data-count", "1", { timeout: 1_000 }));

    // A hand is raised, called, and has had its turn.
    await expect(page.getByTestId("hand")).toHaveCount(0);
    await studio();
    await host.getByTestId("hands-take").click();
    await expect(host.getByTestId("hands-take")).toHaveAttribute("aria-pressed", "true");
    for (const who of [page, helper]) {
      await becomes(who, () => expect(who.getByTestId("hand-open")).toBeVisible({ timeout: 1_000 }));
      await alive(who);
      await opens(who, "hand-open");
      await who.getByTestId("hand-words").fill("壶多大？");
      await who.getByTestId("hand-raise").click();
      await expect(who.getByTestId("hand")).toHaveAttribute("data-state", "up");
    }
    await expect(helper.getByTestId("hand-place")).toHaveAttribute("data-ahead", "1");
    await becomes(host, () => expect(host.getByTestId("hand-waits")).toHaveCount(2, { timeout: 1_000 }));
    await expect(host.getByTestId("hand-waits").first()).toContainText("壶多大？");
    await alive(host);
    await host.getByTestId("hand-call").first().click();
    await becomes(page, () => expect(page.getByTestId("hand")).toHaveAttribute("data-state", "called", { timeout: 1_000 }));
    await becomes(helper, () => expect(helper.getByTestId("hand-now")).toBeVisible({ timeout: 1_000 }));
    await becomes(helper, () => expect(helper.getByTestId("hand-place")).toHaveAttribute("data-ahead", "0", { timeout: 1_000 }));
    await becomes(host, () => expect(host.getByTestId("hand-done")).toBeVisible({ timeout: 1_000 }));
    await alive(host);
    await host.getByTestId("hand-done").click();
    await becomes(page, () => expect(page.getByTestId("hand")).toHaveAttribute("data-state", "down", { timeout: 1_000 }));
    await alive(helper);
    await helper.getByTestId("hand-lower").click();
    await expect(helper.getByTestId("hand")).toHaveAttribute("data-state", "down");

    // Words that are not said here; who may write.
    await studio();
    await opens(host, "words-open");
    await host.getByTestId("words").fill("隔壁");
    await host.getByTestId("words-save").click();
    await alive(host);
    await expect(host.getByTestId("words")).toHaveValue("隔壁");
    await alive(page);
    await says(page, "隔壁更便宜");
    await expect(page.getByRole("alert").first()).toHaveAttribute("data-code", "screen_room");
    await expect(page.getByRole("alert").first()).toContainText("隔壁");
    await expect(page.getByTestId("chat-input")).toHaveValue("隔壁更便宜");
    await host.getByTestId("studio-speaks").nth(1).click();
    await expect(host.getByTestId("studio-speaks").nth(1)).toHaveAttribute("aria-pressed", "true");
    await alive(page);
    await says(page, "有人吗");
    await expect(page.getByRole("alert").first()).toHaveAttribute("data-code", "followers_only");
    await expect(page.getByTestId("chat-input")).toHaveAttribute("placeholder", /粉丝/);
    await alive(host);
    await host.getByTestId("studio-speaks").first().click();
    await expect(host.getByTestId("studio-speaks").first()).toHaveAttribute("aria-pressed", "true");

    // Somebody keeps order with the host: he pins, takes away, and shuts out.
    await opens(host, "moderators-open");
    await host.getByTestId("moderator-handle").fill("nobody-of-this-name");
    await host.getByTestId("moderator-add").click();
    await expect(host.locator("[data-code=nobody]")).toHaveCount(1);
    await expect(host.getByTestId("moderator-handle")).toHaveValue("nobody-of-this-name");
    await alive(host);
    await host.getByTestId("moderator-handle").fill(keeps);
    await host.getByTestId("moderator-add").click();
    await becomes(host, () => expect(host.getByTestId("moderator").and(host.locator(`[data-handle="${keeps}"]`))).toBeAttached({ timeout: 1_000 }));
    for (const text of ["保温多久？", "这里有广告"]) {
      await alive(page);
      await says(page, text);
      await expect(said(page, text)).toHaveCount(1);
    }
    await helper.goto(`/live/${code}`);
    await alive(helper);
    await said(helper, "保温多久？").getByTestId("line-hush").click();
    await said(helper, "保温多久？").getByTestId("line-pin").click();
    await becomes(page, () => expect(page.getByTestId("pinned-line")).toContainText("保温多久？", { timeout: 1_000 }));
    await becomes(helper, () => expect(helper.getByTestId("line-unpin")).toBeVisible({ timeout: 1_000 }));
    await alive(helper);
    await said(helper, "这里有广告").getByTestId("line-hush").click();
    await said(helper, "这里有广告").getByTestId("line-ban").click();
    await becomes(page, () => expect(page.getByTestId("chat-line").and(page.locator("[data-state=gone]"))).toHaveCount(2, { timeout: 1_000 }));
    await expect(page.getByTestId("pinned-line")).toHaveCount(0);
    await alive(page);
    await says(page, "为什么？");
    await expect(page.locator("[data-code=shut_out]")).toHaveCount(1);
    await studio();
    await opens(host, "banned-open");
    await host.getByTestId("banned").and(host.locator(`[data-handle="${name}"]`)).getByTestId("banned-back").click();
    await becomes(host, () => expect(host.getByTestId("banned").and(host.locator(`[data-handle="${name}"]`))).toHaveCount(0, { timeout: 1_000 }));
    await alive(page);
    await says(page, "谢谢");
    await expect(said(page, "谢谢")).toHaveCount(1);

    // Somebody wants to see more; the host reads who came, and what they wanted.
    await page.getByTestId("bag-open").click();
    if (scripts()) {
      await page.getByTestId("bag-item").getByRole("link").first().click();
      await page.waitForURL(new RegExp(`/p/${slug}`));
    } else {
      await page.getByTestId("bag-buy").click();
    }
    await expect(async () => {
      await studio();
      expect(Number(await host.getByTestId("studio-unique").getAttribute("data-count"))).toBeGreaterThanOrEqual(2);
      expect(Number(await host.getByTestId("studio-clicks").getAttribute("data-count"))).toBe(1);
      await expect(host.getByTestId("studio-thing")).toHaveAttribute("data-clicks", "1");
    }).toPass({ timeout: 30_000 });
    await expect(host.getByTestId("studio-ctr")).toContainText("%");
    if (scripts()) await expect(host.getByTestId("studio-watch")).not.toHaveText("0:00");
    await host.getByTestId("moderators-open").click();
    await host.getByTestId("moderator").and(host.locator(`[data-handle="${keeps}"]`)).getByTestId("moderator-remove").click();
    await becomes(host, () => expect(host.getByTestId("moderator").and(host.locator(`[data-handle="${keeps}"]`))).toHaveCount(0, { timeout: 1_000 }));
    await host.locator(".studio-end summary").click();
    await host.getByTestId("studio-end").click();
    await expect(host).toHaveURL(new RegExp(`/live/${code}`));
    // Of what was asked and who waited nothing stands in what can be seen again.
    await page.goto(`/live/${code}`);
    await expect(page.getByTestId("room")).toHaveAttribute("data-state", "ended");
    await expect(page.getByTestId("room-poll")).toHaveCount(0);
    await expect(page.getByTestId("hand")).toHaveCount(0);
  } finally {
    encoder.kill("SIGKILL");
  }
  await helper.context().close();
  await host.context().close();
});
