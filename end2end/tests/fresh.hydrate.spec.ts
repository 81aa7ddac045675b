import { alive, expect, fresh, register, test } from "./shop";

test.use({ shared: true });

test("what others post while one looks at the feed is told of by a pill, and nothing jumps", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const { baseURL } = test.info().project.use;
  await page.clock.install();
  await page.goto("/");
  await alive(page);
  await page.evaluate(() => scrollTo(0, 400));
  await expect(page.getByTestId("feed-fresh")).toHaveCount(0);
  const writer = await (await browser.newContext({ baseURL })).newPage();
  await register(writer);
  await writer.goto("/new?fresh=1");
  await alive(writer);
  await writer.getByTestId("composer-title").fill(`News ${fresh().slice(-8)}`);
  await writer.getByTestId("composer-body").fill("Just now.");
  await writer.getByTestId("composer-publish").click();
  await expect(writer).toHaveURL(/\/posts\//);
  await writer.context().close();
  await page.clock.runFor(61_000);
  await expect(page.getByTestId("feed-fresh")).toBeInViewport();
  expect(await page.evaluate(() => scrollY)).toBe(400);
  await page.getByTestId("feed-fresh").click();
  await expect(page.getByTestId("feed-fresh")).toHaveCount(0);
  await expect(page.getByTestId("feed")).toBeVisible();
});
