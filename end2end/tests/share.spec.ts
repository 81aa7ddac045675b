import { alive, expect, fillAddress, register, test } from "./shop";

test("a link that is shared leads a friend to the thing, and its owner sees what it did", async ({ page, browser }) => {
  test.setTimeout(120_000);
  await register(page);
  await page.goto("/p/soft-oat-cookies");
  await alive(page);
  await page.getByTestId("share-open").click();
  const link = page.getByTestId("share-link");
  await expect(link).toHaveValue(/\/s\/[1-9A-Za-z]{12}$/);
  await expect(page.locator(".share-text")).toContainText("团聚上看到的");
  await expect(page.locator("[data-channel=whatsapp]")).toHaveAttribute("href", /^https:\/\/wa\.me\/\?text=/);
  await expect(page.getByTestId("share-poster").locator("path")).toHaveAttribute("d", /^M/);
  const url = new URL(await link.inputValue());
  const { baseURL, javaScriptEnabled } = test.info().project.use;
  const friend = await (await browser.newContext({ baseURL, javaScriptEnabled, locale: "zh-CN", viewport: { width: 390, height: 844 } })).newPage();
  await friend.goto(url.pathname);
  await expect(friend).toHaveURL(/\/p\/soft-oat-cookies$/);
  await register(friend);
  await friend.goto("/addresses");
  await alive(friend);
  await fillAddress(friend);
  await friend.goto("/p/soft-oat-cookies");
  await alive(friend);
  await friend.getByTestId("buy-single").click();
  await friend.getByTestId("confirm").click();
  await expect(friend).toHaveURL(/\/checkout/);
  await alive(friend);
  await friend.getByTestId("place-order").click();
  await friend.getByTestId("sandbox-pay").click();
  await expect(friend.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
  await page.goto("/me/shares");
  const row = page.getByTestId("share").filter({ has: page.locator("a[href='/p/soft-oat-cookies']") }).first();
  await expect(row).toHaveAttribute("data-visits", "1");
  await expect(row).toHaveAttribute("data-orders", "1");
  await friend.context().close();
});

test("a guest who shares logs in first and comes to the sheet", async ({ page }) => {
  await page.goto("/p/soft-oat-cookies");
  await alive(page);
  await page.getByTestId("share-open").click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByTestId("login-name").fill("lei");
  await page.getByTestId("login-password").fill("tuanju-demo");
  await page.getByTestId("login-submit").click();
  await expect(page).toHaveURL(/\/share\/product\/soft-oat-cookies/);
});
