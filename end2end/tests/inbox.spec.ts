import { alive, buyOne, expect, operator, test } from "./shop";

test("what the shop did is in the inbox, with a badge until it is read; the order is found and has a receipt", async ({ page, browser }) => {
  test.setTimeout(240_000);
  const code = await buyOne(page, 8);
  await page.goto("/inbox");
  await expect(page.getByTestId("notice")).toHaveCount(0);

  const ops = await operator(browser);
  await ops.goto(`/admin/orders?code=${code}`);
  await alive(ops);
  await ops.getByTestId("ship").first().click();
  await expect(ops.locator(`[data-order="${code}"]`)).toHaveCount(0);
  await ops.context().close();

  await page.goto("/me");
  await expect(page.getByTestId("inbox-link")).toContainText("1");
  await alive(page);
  await page.getByTestId("inbox-link").click();
  await expect(page).toHaveURL(/\/inbox$/);
  const notice = page.locator('[data-testid=notice][data-kind="shipped"]');
  await expect(notice).toHaveAttribute("data-state", "unread");
  await page.getByTestId("inbox-read").click();
  await expect(notice).toHaveAttribute("data-state", "read");
  await expect(page.getByTestId("inbox-read")).toHaveCount(0);
  await alive(page);
  await notice.locator("a").click();
  await expect(page).toHaveURL(new RegExp(`/orders/${code}$`));

  await alive(page);
  await page.getByTestId("receipt-link").click();
  await expect(page.getByTestId("receipt")).toContainText(code);
  const total = await page.getByTestId("order-total").getAttribute("data-amount");
  expect(Number(total)).toBeGreaterThan(0);

  await page.goto("/orders");
  await alive(page);
  await page.getByTestId("order-search").fill(code);
  await page.getByTestId("order-search").press("Enter");
  await expect(page.getByTestId("order-card")).toHaveCount(1);
  await page.goto("/orders?q=nothing-is-called-that");
  await expect(page.getByTestId("order-card")).toHaveCount(0);
  await expect(page.getByTestId("order-search")).toHaveValue("nothing-is-called-that");
});
