import { alive, expect, register, test } from "./shop";

test.use({ expectNoise: [/504|502/] });

test("an upload that is cut in the middle is tried again without losing the text", async ({ page }) => {
  test.setTimeout(90_000);
  const whole = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
  await register(page);
  await page.goto("/new?fresh=1");
  await alive(page);
  await page.getByTestId("composer-title").fill("Written on a train");
  await page.getByTestId("composer-body").fill("Between two tunnels");
  let cut = 2;
  await page.route("**/upload/post/*", (route) => (route.request().headers().accept === "application/json" && cut-- > 0 ? route.fulfill({ status: 504 }) : route.continue()));
  await page.getByTestId("composer-file").setInputFiles([{ name: "one.png", mimeType: "image/png", buffer: whole }, { name: "two.png", mimeType: "image/png", buffer: whole }]);
  await expect(page.getByTestId("composer-retry")).toHaveCount(2);
  await page.getByTestId("composer-retry").first().click();
  await expect(page.getByTestId("composer-retry")).toHaveCount(1);
  await page.getByTestId("composer-retry").first().click();
  await expect(page.getByTestId("composer-picture")).toHaveCount(2, { timeout: 20_000 });
  await expect(page.getByTestId("composer-going")).toHaveCount(0);
  await expect(page.getByTestId("composer-body")).toHaveValue("Between two tunnels");
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(/\/posts\/\w+$/);
  await expect(page.locator(".post-gallery img")).toHaveCount(2);
});

test("what was written without a line is there again after its tab was closed, and not once it was published", async ({ page }) => {
  test.setTimeout(90_000);
  await register(page);
  const context = page.context();
  await context.route("**/api/post/keep", (route) => route.fulfill({ status: 504 }));
  await page.goto("/new");
  await alive(page);
  await page.getByTestId("composer-title").fill("In the tunnel");
  await page.getByTestId("composer-body").fill("All of it");
  await page.waitForTimeout(2_000);
  const again = await context.newPage();
  await page.close();
  // Another post is another post.
  await again.goto("/new?fresh=1");
  await alive(again);
  await again.waitForTimeout(500);
  await expect(again.getByTestId("composer-title")).toHaveValue("");
  await again.goto("/new");
  await expect(again.getByTestId("composer-title")).toHaveValue("In the tunnel");
  await expect(again.getByTestId("composer-body")).toHaveValue("All of it");
  await context.unroute("**/api/post/keep");
  await again.getByTestId("composer-publish").click();
  await expect(again).toHaveURL(/\/posts\/\w+$/);
  await again.goto("/new");
  await alive(again);
  await expect(again.getByTestId("composer-title")).toHaveValue("");
  await again.waitForTimeout(500);
  await expect(again.getByTestId("composer-title")).toHaveValue("");
});
