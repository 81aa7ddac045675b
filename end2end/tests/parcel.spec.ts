import type { Browser, Page } from "@playwright/test";
import { alive, expect, fillAddress, login, register, test } from "./shop";

/** An operator's page; the code of the second factor is shown in the demo, and each is good once. */
const operator = async (browser: Browser): Promise<Page> => {
  const page = await (await browser.newContext()).newPage();
  await login(page, "ops");
  for (let i = 0; i < 10; i++) {
    await expect(page).toHaveURL(/\/login\/factor/);
    const code = await page.getByTestId("factor-demo").getAttribute("data-code");
    await page.getByTestId("factor-code").fill(code!);
    await page.getByTestId("factor-submit").click();
    await page.waitForLoadState("networkidle");
    if (!page.url().includes("/login/factor")) return page;
    await page.waitForTimeout(4_000);
    await page.goto("/login/factor?next=/me");
  }
  throw new Error("the second factor was never taken");
};

test("a paid order is sent, followed, and confirmed by whoever bought it", async ({ page, browser }) => {
  test.setTimeout(120_000);
  await register(page);
  await page.goto("/addresses");
  await alive(page);
  await fillAddress(page);
  await page.goto("/shop?sort=new&stock=1");
  await alive(page);
  await page.getByTestId("product-card").nth(3).click();
  await alive(page);
  await page.getByTestId("buy-single").click();
  await page.getByTestId("confirm").click();
  await expect(page).toHaveURL(/\/checkout/);
  await alive(page);
  await page.getByTestId("place-order").click();
  await page.getByTestId("sandbox-pay").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
  await expect(page.getByTestId("confirm-receipt")).toHaveCount(0);
  const code = page.url().split("/").pop()!;

  const ops = await operator(browser);
  await ops.goto("/admin");
  await ops.locator("a[href='/admin/orders']").click();
  const waiting = ops.locator(`[data-testid=to-ship][data-order="${code}"]`);
  await waiting.getByTestId("ship").click();
  await expect(waiting).toHaveCount(0);
  await ops.context().close();

  await page.goto(`/orders/${code}`);
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "shipped");
  await expect(page.getByTestId("shipment")).toHaveAttribute("data-state", "shipped");
  await expect(page.getByTestId("tracking")).toHaveText(/^TJ\d{13}$/);
  await expect(page.getByTestId("shipment").locator("[data-kind=handed_over]")).toBeVisible();
  await alive(page);
  await page.getByTestId("confirm-receipt").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "delivered");
  await expect(page.locator("[data-kind=received]")).toBeVisible();
});
