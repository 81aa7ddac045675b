import { alive, expect, orderOne, test } from "./shop";

test.use({ shared: true });

test("whoever comes back from a product finds the feed as it was left", async ({ page }) => {
  await page.goto("/");
  await alive(page);
  const cards = page.getByTestId("product-card");
  for (let i = 0; i < 3; i++) {
    const before = await cards.count();
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await expect.poll(() => cards.count()).toBeGreaterThan(before);
  }
  const card = cards.nth(45);
  await card.scrollIntoViewIfNeeded();
  const [count, y, name] = [await cards.count(), await page.evaluate(() => scrollY), await card.getAttribute("href")];
  await card.click();
  await expect(page.getByTestId("product-title")).toBeVisible();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  await page.goBack();
  await expect(page.locator(`a[href="${name}"]`)).toBeInViewport();
  expect(await cards.count()).toBeGreaterThanOrEqual(count);
  expect(Math.abs((await page.evaluate(() => scrollY)) - y)).toBeLessThan(300);
});

test("a form that leads to its own page is not in the way of going back", async ({ page }) => {
  await orderOne(page, 9);
  await page.goto("/orders");
  await alive(page);
  await page.getByTestId("order-card").locator("header a").click();
  await expect(page.getByTestId("order-cancel")).toBeVisible();
  await alive(page);
  await page.getByTestId("order-cancel").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "cancelled");
  await page.goBack();
  await expect(page).toHaveURL(/\/orders$/);
});
