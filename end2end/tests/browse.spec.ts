import { alive, expect, test } from "./shop";

test.use({ shared: true });

test("the feed goes on by link, and shows everything once", async ({ page }) => {
  await page.goto("/");
  const seen = new Set<string>();
  for (let i = 0; i < 12; i++) {
    await alive(page);
    const more = page.getByTestId("feed-more");
    const end = (await more.count()) === 0;
    for (const href of await page.getByTestId("product-card").evaluateAll((all) => all.map((a) => a.getAttribute("href")!))) seen.add(href);
    if (end) break;
    if (test.info().project.use.javaScriptEnabled === false) await more.click();
    // The last of them may have gone since it was counted: then there is nothing to wait for.
    else await more.scrollIntoViewIfNeeded({ timeout: 2_000 }).catch(() => {});
    await page.waitForTimeout(300);
  }
  expect(seen.size).toBe(130);
});

test("a shelf can be sorted and filtered by a plain form", async ({ page }) => {
  await page.goto("/shop");
  await alive(page);
  await page.locator("select[name=sort]").selectOption("price_up");
  await page.locator("form.filters button").click();
  await expect(page).toHaveURL(/sort=price_up/);
  await alive(page);
  const prices = await page.locator(".grid .price").evaluateAll((all) => all.map((p) => Number(p.getAttribute("data-amount"))));
  expect(prices.length).toBe(20);
  expect(prices).toEqual([...prices].sort((a, b) => a - b));
});

test("previews find their tags in the first 16 KB, in the language that was asked for", async ({ request }) => {
  for (const [lang, locale] of [["zh-Hans", "zh_CN"], ["zh-Hant", "zh_TW"], ["en", "en_US"]]) {
    const answer = await request.get(`/p/breathable-road-running-shoes?lang=${lang}`, { headers: { "user-agent": "WhatsApp/2.23.20.0" } });
    const head = (await answer.body()).subarray(0, 16 * 1024).toString();
    for (const tag of ["og:title", "og:description", "og:image", "og:url", "product:price:amount", "twitter:card"]) expect(head).toContain(tag);
    expect(head).toContain(`content="${locale}"`);
    const image = head.match(/property="og:image" content="([^"]+)"/)![1];
    const picture = await request.get(image);
    expect(picture.headers()["content-type"]).toBe("image/jpeg");
    expect((await picture.body()).length).toBeLessThan(300 * 1024);
  }
});
