import { alive, expect, fillAddress, fresh, login, register, test } from "./shop";

for (const lang of ["zh-Hans", "zh-Hant", "en"]) {
  test(`a stranger buys one thing in ${lang}, and logs in on the way without losing anything`, async ({ page }) => {
    await page.goto(`/?lang=${lang}`);
    await expect(page.locator("html")).toHaveAttribute("lang", lang);
    await alive(page);
    await page.getByTestId("product-card").first().click();
    await expect(page.getByTestId("product-title")).toBeVisible();
    await alive(page);
    await page.getByTestId("buy-single").click();
    await expect(page.getByTestId("confirm")).toBeVisible();
    await page.getByTestId("qty").fill("2");
    await page.getByTestId("confirm").click();
    // Asked to log in at the act; a new account comes back to the checkout.
    await expect(page).toHaveURL(/\/login\?next=/);
    await page.locator("a[href^='/register']").click();
    await page.getByTestId("register-name").fill(fresh());
    await page.getByTestId("register-password").fill("a long password");
    await page.getByTestId("register-submit").click();
    await expect(page).toHaveURL(/\/checkout\?buy=/);
    await alive(page);
    await page.getByTestId("add-address").click();
    await expect(page).toHaveURL(/\/addresses/);
    await alive(page);
    await fillAddress(page);
    await expect(page).toHaveURL(/\/checkout\?buy=.*address=/);
    await alive(page);
    await expect(page.locator(".line")).toHaveAttribute("data-quantity", "2");
    const total = await page.getByTestId("order-total").getAttribute("data-amount");
    await page.getByTestId("place-order").click();
    await expect(page).toHaveURL(/\/sandbox\/pay\//);
    await expect(page.locator(".price.huge")).toHaveAttribute("data-amount", total!);
    await page.getByTestId("sandbox-pay").click();
    await expect(page).toHaveURL(/\/orders\/\w{12}$/);
    await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
    await expect(page.getByTestId("order-total")).toHaveAttribute("data-amount", total!);
    await expect(page.locator("[data-kind=paid]")).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", lang);
    await page.goto("/orders");
    await expect(page.getByTestId("order-card")).toHaveAttribute("data-state", "paid");
  });
}

test("a guest's cart of two merchants survives login and becomes one order", async ({ page }) => {
  for (const path of ["/c/fruit", "/c/tea"]) {
    await page.goto(path);
    await alive(page);
    await page.getByTestId("product-card").first().click();
    await alive(page);
    await page.getByTestId("add-to-cart").click();
    await expect(page.getByTestId("confirm")).toBeVisible();
    await page.getByTestId("confirm").click();
    if (test.info().project.use.javaScriptEnabled === false) await expect(page).toHaveURL(/\/cart$/);
    else await expect(page.locator(".sheet .notice")).toBeVisible();
  }
  await page.goto("/cart");
  await alive(page);
  await expect(page.getByTestId("cart-line")).toHaveCount(2);
  await page.getByTestId("cart-line").first().locator("button.step").last().click();
  await expect(page.getByTestId("cart-line").first()).toHaveAttribute("data-quantity", "2");
  await alive(page);
  await page.getByTestId("checkout").click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByTestId("login-name").fill("ana");
  await page.getByTestId("login-password").fill("tuanju-demo");
  await page.getByTestId("login-submit").click();
  await expect(page).toHaveURL(/\/checkout/);
  await alive(page);
  await page.getByTestId("place-order").click();
  await expect(page).toHaveURL(/\/sandbox\/pay\//);
  await page.getByTestId("sandbox-later").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "awaiting_payment");
  await expect(page.getByTestId("hold-countdown")).toHaveText(/^1[0-4]:\d\d$/);
  await alive(page);
  await page.getByTestId("order-cancel").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "cancelled");
});

test("a declined payment can be made again", async ({ page }) => {
  await register(page);
  await page.goto("/addresses");
  await alive(page);
  await fillAddress(page);
  await expect(page.getByTestId("address")).toBeVisible();
  await page.goto("/c/kitchen");
  await alive(page);
  await page.getByTestId("product-card").first().click();
  await alive(page);
  await page.getByTestId("buy-single").click();
  await page.getByTestId("confirm").click();
  await expect(page).toHaveURL(/\/checkout/);
  await alive(page);
  await page.getByTestId("place-order").click();
  await page.getByTestId("sandbox-fail").click();
  await expect(page.locator("[data-kind=payment_failed]")).toBeVisible();
  await alive(page);
  await page.getByTestId("pay-now").click();
  await page.getByTestId("sandbox-pay").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
});
