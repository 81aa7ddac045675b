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
