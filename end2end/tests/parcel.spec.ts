import { alive, buyOne, expect, operator, test } from "./shop";

test("a paid order is sent, followed, confirmed, and a part of it given back", async ({ page, browser }) => {
  test.setTimeout(240_000);
  const code = await buyOne(page, 3);
  await expect(page.getByTestId("confirm-receipt")).toHaveCount(0);
  const paid = Number(await page.getByTestId("order-total").getAttribute("data-amount"));

  const ops = await operator(browser);
  await ops.goto("/admin");
  await ops.locator("a[href='/admin/orders']").click();
  await ops.locator("input[type=search][name=code]").fill(code);
  await ops.locator("input[type=search][name=code]").press("Enter");
  await expect(ops.getByTestId("to-ship")).toHaveCount(1);
  const waiting = ops.locator(`[data-testid=to-ship][data-order="${code}"]`);
  await waiting.getByTestId("ship").click();
  await expect(waiting).toHaveCount(0);

  await page.goto(`/orders/${code}`);
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "shipped");
  await expect(page.getByTestId("shipment")).toHaveAttribute("data-state", "shipped");
  await expect(page.getByTestId("tracking")).toHaveText(/^TJ\d{13}$/);
  await expect(page.getByTestId("shipment").locator("[data-kind=handed_over]")).toBeVisible();
  await alive(page);
  await page.getByTestId("confirm-receipt").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "delivered");
  await expect(page.locator("[data-kind=received]")).toBeVisible();

  // It came broken: money back without a return; the shop agrees, the provider gives it back.
  await alive(page);
  await page.getByTestId("after-sale").click();
  await alive(page);
  const wish = page.locator("[data-kind=refund]");
  await expect(wish.getByTestId("wish-reason")).toBeVisible();
  await wish.getByTestId("wish-reason").selectOption("damaged");
  await wish.locator("input[name=text]").fill("碎了一个角");
  await wish.getByTestId("wish-submit").click();
  await expect(page).toHaveURL(/\/cases\/\w{12}$/);
  await expect(page.getByTestId("case-state")).toHaveAttribute("data-state", "open");
  await expect(page.locator(".thread")).toContainText("碎了一个角");
  const own = page.url();

  await ops.goto("/admin/cases");
  await ops.locator(`[data-testid=case][data-order="${code}"]`).click();
  await alive(ops);
  await ops.getByTestId("case-text").fill("抱歉，马上退给您");
  await ops.getByTestId("case-approve").click();
  await expect(ops.getByTestId("case-state")).toHaveAttribute("data-state", /refunding|refunded/);
  await ops.context().close();

  await expect(async () => {
    await page.goto(own);
    await expect(page.getByTestId("case-state")).toHaveAttribute("data-state", "refunded");
  }).toPass({ timeout: 20_000 });
  await expect(page.locator(".thread")).toContainText("抱歉，马上退给您");
  await page.goto(`/orders/${code}`);
  const back = Number(await page.locator("[data-testid=money-trail] [data-kind=refunded] [data-amount]").getAttribute("data-amount"));
  expect(back).toBeGreaterThan(0);
  expect(back).toBeLessThanOrEqual(paid);
});

test("what has not been sent can be stopped, and nobody has to ask twice", async ({ page }) => {
  test.setTimeout(90_000);
  const code = await buyOne(page, 5);
  await page.goto(`/orders/${code}/return`);
  await alive(page);
  await expect(page.locator("details.wish")).toHaveCount(1);
  await page.getByTestId("wish-submit").click();
  await expect(page.getByTestId("case-state")).toHaveAttribute("data-state", "open");
  await page.goto(`/orders/${code}`);
  await expect(page.getByTestId("case")).toHaveAttribute("data-state", "open");
  await page.goto(`/orders/${code}/return`);
  await expect(page.locator("details.wish")).toHaveCount(0);
  await page.goto(`/orders/${code}`);
  await alive(page);
  await page.getByTestId("case").click();
  await alive(page);
  await page.getByTestId("case-withdraw").click();
  await expect(page.getByTestId("case-state")).toHaveAttribute("data-state", "closed");
});
