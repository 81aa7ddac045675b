import type { Page } from "@playwright/test";
import { alive, expect, login, register, test } from "./shop";

/** Agrees to a feed of one's own. */
const agree = async (page: Page) => {
  await page.goto("/taste");
  await alive(page);
  await expect(page.getByTestId("personal")).toHaveAttribute("data-state", "off");
  await page.getByTestId("personal-turn").click();
  await expect(page.getByTestId("personal")).toHaveAttribute("data-state", "on");
};

const reasons = (page: Page) => page.locator("[data-testid=feed] [data-testid=why-this]");

/** Each card says why it is there; counted at once, as more of them come by themselves. */
const allSayWhy = (page: Page) =>
  expect.poll(() => page.getByTestId("feed").evaluate((e) => {
    const cards = e.querySelectorAll("a.card").length;
    return cards > 0 && cards === e.querySelectorAll("[data-testid=why-this]").length;
  })).toBe(true);

test.use({ shared: true });

test("whoever agrees gets a feed of his own whose every card says why, sees less of what he does not want, and can take it all back", async ({ page }) => {
  await register(page);
  await page.goto("/");
  await expect(page.getByTestId("feed")).toBeVisible();
  await expect(reasons(page)).toHaveCount(0);
  await agree(page);
  await page.goto("/");
  await alive(page);
  const cards = page.locator("[data-testid=feed] a.card");
  await allSayWhy(page);
  await reasons(page).first().click();
  await expect(page).toHaveURL(/\/why\//);
  await alive(page);
  const factors = page.locator("[data-testid=why-factors] li");
  await expect(factors.first()).toBeVisible();
  const times = await factors.evaluateAll((all) => all.map((f) => Number(f.getAttribute("data-times"))));
  expect(times).toEqual([...times].sort((a, b) => b - a));
  // Less of everything from there.
  const author = page.getByTestId("less").nth(1);
  const name = (await author.locator("span").first().evaluate((e) => e.firstChild!.textContent))!;
  await author.getByTestId("less-turn").click();
  await expect(page.getByTestId("less").nth(1)).toHaveAttribute("data-state", "on");
  // Nothing from there comes near the top any more.
  await page.goto("/");
  await expect(cards.first()).toBeVisible();
  const social = await cards.locator(".card-social > span:first-child").evaluateAll((all) => all.slice(0, 12).map((e) => e.textContent!.trim()));
  expect(social.filter((n) => n === name)).toEqual([]);
  await page.goto("/taste");
  await alive(page);
  await expect(page.getByTestId("less")).toHaveCount(1);
  await expect(page.getByTestId("less")).toContainText(name);
  await page.getByTestId("less-turn").click();
  await expect(page.getByTestId("less")).toHaveCount(0);
  await page.getByTestId("personal-turn").click();
  await expect(page.getByTestId("personal")).toHaveAttribute("data-state", "off");
  await page.goto("/");
  await expect(page.getByTestId("feed")).toBeVisible();
  await expect(reasons(page)).toHaveCount(0);
});

test("with personalisation off the feed is the one that a visitor sees, byte by byte", async ({ page, browser, baseURL }) => {
  const bytes = async (of: Page) => {
    const answer = await of.request.post(`${baseURL}/api/feed/page`, { form: { after: "" }, headers: { accept: "application/json", "sec-fetch-site": "same-origin" } });
    expect(answer.ok()).toBeTruthy();
    return answer.text();
  };
  const html = async (of: Page) => {
    await of.goto("/");
    await expect(of.getByTestId("feed")).toBeVisible();
    return of.getByTestId("feed").evaluate((e) => e.innerHTML.replaceAll(' data-seen=""', ""));
  };
  const visitor = await (await browser.newContext({ baseURL, javaScriptEnabled: false })).newPage();
  await register(page);
  await agree(page);
  expect(await bytes(page)).toContain('"marks"');
  await page.getByTestId("personal-turn").click();
  await expect(page.getByTestId("personal")).toHaveAttribute("data-state", "off");
  // Others go on buying and posting: looked at until nothing came between the two.
  await expect(async () => expect(await bytes(page)).toBe(await bytes(visitor))).toPass();
  await expect(async () => expect(await html(page)).toBe(await html(visitor))).toPass();
});

test("what one looks at is told only by whoever has agreed, and forgotten when he says so", async ({ page, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "without a script nothing is told");
  // The browser does not show the body of a beacon: it is read where it is sent.
  const told: string[] = [];
  await page.exposeFunction("told", (text: string) => told.push(text));
  await page.addInitScript(() => {
    const send = navigator.sendBeacon.bind(navigator);
    navigator.sendBeacon = (url, body) => {
      void (body as Blob).text().then((text) => (globalThis as unknown as { told: (text: string) => void }).told(text));
      return send(url, body);
    };
  });
  await register(page);
  await page.goto("/p/plateau-blueberries");
  await alive(page);
  await page.goto("/");
  await alive(page);
  await page.waitForTimeout(2_500);
  expect(told).toEqual([]);
  await agree(page);
  await page.goto("/");
  await alive(page);
  await page.waitForTimeout(2_500);
  await page.locator("[data-testid=feed] a.card").first().click();
  await expect(page).toHaveURL(/\/(p|posts)\//);
  await expect.poll(() => told.join(), { timeout: 15_000 }).toContain('"open"');
  expect(told.join()).toContain('"impression"');
  expect(told.join()).toMatch(/"place":"[0-9a-f]{32}\.0"/);
  await expect(async () => {
    await page.goto("/taste");
    await expect(page.getByTestId("taste-tag").first()).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await alive(page);
  await page.getByTestId("taste-forget").click();
  await expect(page.getByTestId("taste-tags")).toBeVisible();
  await expect(page.getByTestId("taste-tag")).toHaveCount(0);
  await expect(page.getByTestId("personal")).toHaveAttribute("data-state", "on");
});

test("the feed of somebody with a past shows what goes with it, goes on, and reasons are nobody else's to see", async ({ page, browser, baseURL }) => {
  await login(page, "ana");
  await page.waitForURL(/\/me$/);
  await page.goto("/");
  await alive(page);
  const why = await reasons(page).evaluateAll((all) => all.map((e) => e.getAttribute("data-factor")));
  expect(why.some((f) => f === "beside" || f === "interest" || f === "near" || f === "followed")).toBeTruthy();
  const first = (await reasons(page).first().getAttribute("href"))!;
  const before = await page.locator("[data-testid=feed] a.card").count();
  const more = page.getByTestId("feed-more");
  const next = (await more.getAttribute("href"))!;
  expect(next).toMatch(/after=me\./);
  if (test.info().project.use.javaScriptEnabled !== false) {
    await more.scrollIntoViewIfNeeded();
    await expect.poll(() => page.locator("[data-testid=feed] a.card").count()).toBeGreaterThan(before);
  } else {
    const seen = await page.locator("[data-testid=feed] a.card").evaluateAll((all) => all.map((e) => e.getAttribute("href")));
    await more.click();
    await expect(page.locator("[data-testid=feed] a.card").first()).toBeVisible();
    const then = await page.locator("[data-testid=feed] a.card").evaluateAll((all) => all.map((e) => e.getAttribute("href")));
    expect(then.length).toBeGreaterThan(0);
    expect(then.filter((href) => seen.includes(href))).toEqual([]);
  }
  const other = await (await browser.newContext({ baseURL })).newPage();
  await register(other);
  expect((await other.goto(first))!.status()).toBe(404);
});

test("what friends bought is shown to friends only while one lets it be", async ({ page }) => {
  await register(page);
  await page.goto("/taste");
  await alive(page);
  await expect(page.getByTestId("bought")).toHaveAttribute("data-state", "off");
  await page.getByTestId("bought-turn").click();
  await expect(page.getByTestId("bought")).toHaveAttribute("data-state", "on");
  await alive(page);
  await page.getByTestId("bought-turn").click();
  await expect(page.getByTestId("bought")).toHaveAttribute("data-state", "off");
});

test("what the feed knows is for whoever has logged in", async ({ page }) => {
  for (const path of ["/taste", "/why/00000000000000000000000000000000.0"]) {
    await page.goto(path);
    await expect(page).toHaveURL(/\/login/);
  }
});
