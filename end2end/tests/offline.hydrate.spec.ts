import { expect, test } from "./shop";

test.use({ expectNoise: [/ERR_INTERNET_DISCONNECTED|Failed to load resource/] });

test("without a network the shop says so and nothing breaks", async ({ page, context }) => {
  await page.goto("/");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForLoadState("networkidle");
  await page.reload();
  await context.setOffline(true);
  await page.goto("/shop");
  await expect(page.locator(".empty")).toContainText("网络");
  await context.setOffline(false);
  await page.goto("/shop");
  await expect(page.getByTestId("product-card").first()).toBeVisible();
});
