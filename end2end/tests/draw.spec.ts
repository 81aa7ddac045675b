// A lucky bag, red packets and a price for a short while, from both sides; and the page where anybody checks what was drawn.
import { alive, another, becomes, expect, fillAddress, openRoom, register, scripts, sends, test } from "./shop";
import type { Page } from "@playwright/test";

// What is refused is an answer, and the console says so.
test.use({ expectNoise: [/status of 4(03|09|22)/] });

const opens = async (page: Page, testid: string) => {
  const details = page.getByTestId(testid);
  if (!(await details.evaluate((d: HTMLDetailsElement) => d.open))) await details.locator("summary").click();
};

test("a bag is won by the seed that was promised, packets are exactly their sum, a price for a short while is for as many as there are", async ({ page, browser }) => {
  test.setTimeout(300_000);
  const host = await another(browser);
  const code = await openRoom(host, "福袋");
  const studio = async () => {
    await host.goto(`/studio/${code}`);
    await alive(host);
  };
  const shelf = await (await page.request.get("/shop?sort=new&stock=1")).text();
  const slug = [...shelf.matchAll(/href="\/p\/([^"?]+)/g)].map((m) => m[1]).filter((s, i, all) => all.indexOf(s) === i)[1];
  await host.getByTestId("bag-slug").fill(slug);
  await host.getByTestId("bag-off").fill("1");
  await host.getByTestId("bag-put").click();
  await expect(host.getByTestId("studio-item")).toHaveCount(1);
  await expect(host.getByTestId("bag-make")).toHaveCount(0);
  const encoder = await sends(host);
  const friend = await another(browser);
  try {
    for (const who of [page, friend]) {
      await register(who);
      await who.goto("/addresses");
      await alive(who);
      await fillAddress(who);
      await who.goto(`/live/${code}`);
    }
    await expect(async () => {
      await studio();
      await expect(host.getByTestId("studio-state")).toHaveAttribute("data-state", "live", { timeout: 500 });
    }).toPass({ timeout: 30_000 });

    // What no draw can be is said, and what was typed stays.
    await host.getByTestId("bag-make").click();
    await host.getByTestId("draw-prizes").fill("99");
    await host.getByTestId("draw-points").fill("20");
    await host.getByTestId("draw-phrase").fill("我要福袋");
    await host.getByTestId("draw-begin").click();
    await expect(host.getByRole("alert").first()).toHaveAttribute("data-code", "draw_prizes");
    await expect(host.getByTestId("draw-phrase")).toHaveValue("我要福袋");
    await alive(host);
    await host.getByTestId("draw-prizes").fill("1");
    await host.getByTestId("draw-begin").click();
    await expect(host.getByTestId("studio-draw")).toHaveAttribute("data-state", "open");
    const bag = (await host.getByTestId("studio-draw").getAttribute("data-code"))!;

    // Two join; each says the words. What was promised is known before.
    const before = await (await page.request.get(`/fair/${bag}`)).text();
    const promised = /data-testid="fair-commitment">([0-9a-f]{64})</.exec(before)![1];
    expect(before).not.toContain("fair-seed");
    for (const [i, who] of [page, friend].entries()) {
      await becomes(who, () => expect(who.getByTestId("draw")).toHaveAttribute("data-kind", "bag", { timeout: 1_000 }));
      await alive(who);
      await opens(who, "draw");
      await who.getByTestId("lottery-join").click();
      // Without scripts the page that comes shows it at once.
      await expect(who.getByTestId("lottery-result")).toBeVisible();
      await expect(who.getByTestId("lottery-result")).toHaveAttribute("data-number", String(i + 1));
      await expect(who.getByTestId("draw-ticket")).toHaveAttribute("data-ticket", /^\w{12}$/);
      await expect(who.getByTestId("chat-line").filter({ hasText: "我要福袋" })).toHaveCount(i + 1);
    }

    // Meanwhile: a price for a short while, of one unit.
    await studio();
    await host.getByTestId("flash-make").click();
    await host.getByTestId("flash-off").fill("1");
    await host.getByTestId("flash-units").fill("1");
    await host.getByTestId("flash-each").fill("1");
    await host.getByTestId("flash-in").selectOption("30");
    await host.getByTestId("flash-minutes").selectOption("3");
    await host.getByTestId("flash-begin").click();
    await expect(host.getByRole("alert").first()).toHaveAttribute("data-code", "flash_off");
    await expect(host.getByTestId("flash-minutes")).toHaveValue("3");
    await alive(host);
    await host.getByTestId("flash-off").fill("2");
    await host.getByTestId("flash-units").fill("1");
    await host.getByTestId("flash-each").fill("1");
    await host.getByTestId("flash-in").selectOption("30");
    await host.getByTestId("flash-begin").click();
    await expect(host.getByTestId("flash-make")).toHaveCount(0);
    for (const who of [page, friend]) {
      await who.goto(`/live/${code}`);
      await alive(who);
      await opens(who, "bag");
    }
    const price = async (who: Page) => Number(await who.getByTestId("bag-price").getAttribute("data-amount"));
    const usual = await price(page);
    await expect(page.getByTestId("flash")).toHaveAttribute("data-state", "soon");
    for (const who of [page, friend]) {
      await becomes(who, async () => expect(await price(who)).toBe(usual - 100), 45_000);
      await expect(who.getByTestId("flash")).toHaveAttribute("data-state", "on");
      if (!scripts()) await opens(who, "bag");
    }
    await page.getByTestId("bag-buy").click();
    await expect(page).toHaveURL(/\/checkout\?buy=room/);
    await alive(page);
    await expect(page.locator(`[data-amount="${usual - 100}"]`).first()).toBeVisible();
    if (scripts()) {
      // The open page of the other hears that it is gone, and what it costs now.
      await expect.poll(() => price(friend)).toBe(usual);
      await expect(friend.getByTestId("flash")).toHaveAttribute("data-state", "gone");
    } else {
      // His page still says the price: he is told that it is gone.
      await friend.getByTestId("bag-buy").click();
      await expect(friend.getByRole("alert")).toBeVisible();
      await expect(friend.getByRole("alert")).toHaveAttribute("data-code", "flash_gone");
    }
    await page.getByTestId("place-order").click();
    await expect(page).toHaveURL(/\/sandbox\/pay\//);

    // The bag is drawn. One of the two has won, and each browser computes it for itself.
    const results: string[] = [];
    for (const who of [page, friend]) {
      await who.goto(`/live/${code}`);
      await alive(who);
      await becomes(who, () => expect(who.getByTestId("draw")).toHaveAttribute("data-state", /won|lost/, { timeout: 1_000 }), 90_000);
      results.push((await who.getByTestId("draw").getAttribute("data-state"))!);
    }
    expect(results.sort()).toEqual(["lost", "won"]);
    await page.goto(`/fair/${bag}`);
    await alive(page);
    const verdict = page.getByTestId("fair-verdict");
    await expect(verdict).toHaveAttribute("data-by", scripts() ? "browser" : "shop");
    await expect(verdict).toHaveAttribute("data-state", "holds");
    await expect(page.getByTestId("fair-commitment")).toHaveText(promised);
    await expect(page.getByTestId("fair-won")).toHaveCount(1);
    await expect(page.getByTestId("lottery-result")).toHaveAttribute("data-state", /won|lost/);
    // His own number and ticket are in the list.
    const ticket = await page.getByTestId("draw-ticket").getAttribute("data-ticket");
    await expect(page.getByTestId("fair-all")).toContainText(`1\t${ticket}`);
    if (scripts()) {
      // A shop that lies: another winner in what the page is told is found by the browser.
      const lie = await another(browser);
      await lie.route(`**/fair/${bag}`, async (route) => {
        const answer = await route.fetch();
        const body = (await answer.text()).replaceAll(/([0-9a-f]{62})([0-9a-f]{2})(?=[^0-9a-f])/g, (whole, head, tail) => (whole === promised ? whole : head + (tail === "00" ? "01" : "00")));
        await route.fulfill({ response: answer, body });
      });
      await lie.goto(`/fair/${bag}`);
      await expect(lie.getByTestId("fair-verdict")).toHaveAttribute("data-by", "browser");
      await expect(lie.getByTestId("fair-verdict")).toHaveAttribute("data-state", "fails");
      await lie.context().close();
    }

    // Red packets: two of ten points, exactly; then they are gone.
    await studio();
    await host.getByTestId("packets-make").click();
    await host.getByTestId("packets-points").fill("10");
    await host.getByTestId("packets-prizes").fill("2");
    await host.getByTestId("packets-begin").click();
    await expect(host.getByTestId("studio-draw")).toHaveAttribute("data-state", "open");
    let sum = 0;
    for (const who of [page, friend]) {
      await who.goto(`/live/${code}`);
      await alive(who);
      await opens(who, "draw");
      await who.getByTestId("lottery-join").click();
      await expect(who.getByTestId("lottery-result")).toBeVisible();
      await expect(who.getByTestId("lottery-result")).toHaveAttribute("data-state", "won");
      sum += Number(await who.getByTestId("lottery-result").getAttribute("data-won"));
    }
    expect(sum).toBe(10);
    await studio();
    await expect(host.getByTestId("studio-draw")).toHaveAttribute("data-state", "drawn");
    await host.locator(".studio-end summary").click();
    await host.getByTestId("studio-end").click();
    await expect(host).toHaveURL(new RegExp(`/live/${code}`));
  } finally {
    encoder.kill("SIGKILL");
  }
  for (const who of [host, friend]) await who.context().close();
});

test("what was drawn in the demo can be checked by anybody who is not logged in", async ({ page }) => {
  const rooms = await (await page.request.get("/live")).text();
  const code = /href="\/live\/([^"?]+)"[^>]*>(?:(?!<\/a>).)*早餐和跑步/.exec(rooms)![1];
  await page.goto(`/live/${code}`);
  await alive(page);
  await page.locator("[data-testid=room-line][data-kind=drawn] a").click();
  await expect(page).toHaveURL(/\/fair\//);
  await expect(page.getByTestId("fair-verdict")).toHaveAttribute("data-state", "holds");
  await expect(page.getByTestId("fair-won")).toHaveCount(2);
  await expect(page.getByTestId("lottery-result")).toHaveCount(0);
});
