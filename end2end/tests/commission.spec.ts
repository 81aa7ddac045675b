import { alive, expect, fillAddress, login, register, test } from "./shop";

for (const way of ["single", "cart"] as const) {
test(`whoever buys from an ad (${way}) sees before and after who earns what by it, and its author sees it coming`, async ({ page, browser }) => {
  test.setTimeout(120_000);
  const javaScriptEnabled = test.info().project.use.javaScriptEnabled;
  const author = await (await browser.newContext({ ...test.info().project.use, javaScriptEnabled })).newPage();
  await register(author);
  await author.goto("/new");
  await alive(author);
  await author.getByTestId("composer-title").fill("好喝的燕麦曲奇");
  await author.getByTestId("composer-body").fill(`每天下午一块 ${Date.now()}`);
  await author.getByTestId("composer-sponsored").check();
  await author.getByTestId("composer-products").click();
  await author.getByTestId("composer-find").fill("燕麦曲奇");
  await author.getByTestId("composer-find").press("Enter");
  await author.getByTestId("composer-product").first().check();
  await author.getByTestId("composer-publish").click();
  await expect(author.getByTestId("post-sponsored")).toBeVisible();
  const post = author.url();

  await register(page);
  await page.goto("/addresses");
  await alive(page);
  await fillAddress(page);
  await page.goto(post);
  await alive(page);
  await page.getByTestId("post-product").first().click();
  await expect(page).toHaveURL(/\/p\/.*post=/);
  await alive(page);
  if (way === "single") {
    await page.getByTestId("buy-single").click();
    await page.getByTestId("confirm").click();
  } else {
    await page.getByTestId("add-to-cart").click();
    const added = page.waitForResponse((r) => r.url().includes("/api/cart/add"));
    await page.getByTestId("confirm").click();
    await added;
    await alive(page);
    await page.goto("/checkout?buy=cart");
  }
  await expect(page).toHaveURL(/\/checkout/);
  await alive(page);
  const earns = page.getByTestId("earners").locator("li");
  await expect(earns).toHaveCount(1);
  await expect(earns).toContainText("好喝的燕麦曲奇");
  const amount = await earns.getAttribute("data-amount");
  expect(Number(amount)).toBeGreaterThan(0);
  await page.getByTestId("place-order").click();
  await page.getByTestId("sandbox-pay").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
  await expect(page.getByTestId("earners").locator("li")).toHaveAttribute("data-amount", amount!);

  await author.goto("/me/creator");
  await alive(author);
  await expect(author.getByTestId("creator-earned").locator(`[data-amount="${amount}"]`)).toBeVisible();
  await expect(author.getByTestId("creator-post").first()).toHaveAttribute("data-orders", "1");
  await author.context().close();
});
}

test("nobody earns on what he buys himself from his own ad", async ({ page }) => {
  test.setTimeout(90_000);
  await login(page, "kol");
  await expect(page).toHaveURL(/\/me$/);
  await page.goto("/me/creator");
  await alive(page);
  await expect(page.getByTestId("creator-earned").locator(".sum")).toHaveCount(1);
  await page.locator("[data-testid=creator-post]:not([data-orders='0']) a").first().click();
  await expect(page).toHaveURL(/\/posts\//);
  await alive(page);
  await page.getByTestId("post-product").first().click();
  await expect(page).toHaveURL(/post=/);
  await alive(page);
  await page.getByTestId("buy-single").click();
  await page.getByTestId("confirm").click();
  await expect(page).toHaveURL(/\/checkout/);
  await alive(page);
  await expect(page.getByTestId("place-order")).toBeVisible();
  await expect(page.getByTestId("earners")).toHaveCount(0);
});

test("the post that led somebody here goes on over reviews, questions and teams to what he buys", async ({ page }) => {
  const post = "23456789abcd";
  const led = new RegExp(`post=${post}`);
  const follow = async (testid: string) => {
    await alive(page);
    await page.getByTestId(testid).first().click();
    await expect(page).toHaveURL(led);
    await alive(page);
  };
  const back = async (path: RegExp) => {
    await page.locator("main a[href^='/p/']").first().click();
    await expect(page).toHaveURL(path);
    await expect(page).toHaveURL(led);
  };
  await page.goto(`/p/plateau-blueberries/reviews?post=${post}`);
  await alive(page);
  await back(/\/p\/plateau-blueberries\?/);
  await follow("questions-all");
  await expect(page).toHaveURL(/\/questions\?/);
  await back(/\/p\/plateau-blueberries\?/);
  await alive(page);
  await page.locator(".team-who").first().click();
  await expect(page).toHaveURL(/\/g\/\w+\?post=/);
  await alive(page);
  const join = await page.getByTestId("team-join").first().getAttribute("href");
  expect(join).toMatch(new RegExp(`[~=]${post}`));
});
