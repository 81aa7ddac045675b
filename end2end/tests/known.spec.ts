import { alive, expect, register, test } from "./shop";

test.use({ shared: true });

test("somebody lets himself be found by people with whom he shopped, and takes it back", async ({ page }) => {
  await register(page);
  await page.goto("/settings");
  await alive(page);
  await page.locator("a[href='/me/known']").click();
  await expect(page.getByTestId("known")).toHaveAttribute("data-state", "off");
  await alive(page);
  await page.getByTestId("known-turn").click();
  await expect(page.getByTestId("known")).toHaveAttribute("data-state", "on");
  await expect(page.getByTestId("known-person")).toHaveCount(0);
  await alive(page);
  await page.getByTestId("known-turn").click();
  await expect(page.getByTestId("known")).toHaveAttribute("data-state", "off");
});
