import { alive, buyOne, expect, operator, orderOne, test } from "./shop";
import type { Page } from "@playwright/test";

const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");

const say = async (page: Page, act: string, text = "") => {
  await alive(page);
  if (text) await page.getByTestId("case-text").fill(text);
  await page.getByTestId(`case-${act}`).click();
};
const state = (page: Page) => page.getByTestId("case-state");

test("what came is exchanged for another, with pictures, step by step", async ({ page, browser }) => {
  test.setTimeout(240_000);
  const code = await buyOne(page, 7);
  const ops = await operator(browser);
  await ops.goto(`/admin/orders?code=${code}`);
  await alive(ops);
  await ops.getByTestId("ship").click();
  await expect(ops.locator(`[data-testid=to-ship][data-order="${code}"]`)).toHaveCount(0);

  await page.goto(`/orders/${code}/return`);
  await alive(page);
  const wish = page.locator("details[data-kind=exchange]");
  await wish.locator("summary").click();
  await expect(wish.getByTestId("wish-swap").locator("option").first()).not.toBeEmpty();
  await wish.getByTestId("wish-submit").click();
  await expect(state(page)).toHaveAttribute("data-state", "open");
  const own = page.url();
  await alive(page);
  await page.getByTestId("case-files").setInputFiles([{ name: "broken.png", mimeType: "image/png", buffer: picture }]);
  await page.getByTestId("case-upload").click();
  await expect(page.getByTestId("case-pictures").locator("img")).toHaveCount(1);
  await page.getByTestId("case-files").setInputFiles([{ name: "letter.png", mimeType: "image/png", buffer: Buffer.from("no picture") }]);
  await page.getByTestId("case-upload").click();
  await expect(page.getByRole("alert")).toHaveAttribute("data-code", "picture_form");
  await expect(page.getByTestId("case-pictures").locator("img")).toHaveCount(1);

  await ops.goto(own.replace("/cases/", "/admin/cases/"));
  await expect(ops.getByTestId("case-pictures").locator("img")).toHaveCount(1);
  await say(ops, "approve");
  await expect(state(ops)).toHaveAttribute("data-state", "returning");
  await page.goto(own);
  await say(page, "send", "SF1234567");
  await expect(state(page)).toHaveAttribute("data-state", "sent");
  await ops.goto(ops.url());
  await say(ops, "approve");
  await expect(state(ops)).toHaveAttribute("data-state", "replacing");
  await say(ops, "replace", "SF7654321");
  await expect(state(ops)).toHaveAttribute("data-state", "replaced");
  await page.goto(own);
  await expect(state(page)).toHaveAttribute("data-state", "replaced");
  await expect(page.locator(".thread")).toContainText("SF7654321");

  await ops.goto("/admin/statement");
  await expect(ops.getByTestId("books").first()).toBeVisible();
  await alive(ops);
  await ops.locator("[data-testid=standing][data-merchant=yunling-orchard]").click();
  await expect(ops.getByTestId("settled").first()).toBeVisible();
  // An author is paid what he is owed, once; in the shop of another run he has been.
  await ops.goto("/admin/statement");
  await alive(ops);
  const owed = ops.locator("[data-testid=owed][data-handle=host]");
  if ((await owed.count()) > 0) {
    await owed.getByTestId("pay-out").click();
    await expect(owed).toHaveCount(0);
  }
  // What was done is written down, under a name.
  await ops.goto("/admin/log");
  await expect(ops.locator("[data-testid=act][data-act=pay_out][data-object=host]")).toHaveCount(1);
  const object = new URL(own, page.url()).pathname.split("/").pop();
  await expect(ops.locator(`[data-testid=act][data-act=case][data-object="${object}"]`)).not.toHaveCount(0);
  await ops.context().close();
});

test("whoever has the order and its telephone number withdraws without an account", async ({ page, browser }) => {
  test.setTimeout(90_000);
  const code = await buyOne(page, 6);
  const guest = await (await browser.newContext()).newPage();
  await guest.goto("/withdraw");
  await alive(guest);
  await guest.getByTestId("withdraw-order").fill(code);
  await guest.getByTestId("withdraw-phone").fill("0001");
  await guest.getByTestId("withdraw-next").click();
  await expect(guest.getByRole("alert")).toHaveAttribute("data-code", "withdrawal_unknown");
  await expect(guest.getByTestId("withdraw-order")).toHaveValue(code);
  await guest.getByTestId("withdraw-phone").fill("8000");
  await guest.getByTestId("withdraw-next").click();
  await alive(guest);
  await guest.getByTestId("withdraw-email").fill("not an address");
  await guest.getByTestId("withdraw-email").evaluate((e) => e.setAttribute("type", "text"));
  await guest.getByTestId("withdraw-confirm").click();
  await expect(guest.getByRole("alert")).toHaveAttribute("data-code", "email_form");
  await guest.getByTestId("withdraw-email").fill("");
  await guest.getByTestId("withdraw-confirm").click();
  await expect(guest.getByTestId("withdraw-received")).toBeVisible();
  await expect(guest.getByTestId("withdraw-case")).toHaveCount(1);
  await guest.context().close();
  await expect(async () => {
    await page.goto(`/orders/${code}`);
    await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "refunded");
  }).toPass({ timeout: 20_000 });
});

for (const mood of ["often", "disordered", "aside"]) {
  test(`a provider in a bad mood (${mood}) changes nothing about the order`, async ({ page }) => {
    await orderOne(page, 8);
    await page.locator(".moods summary").click();
    await page.getByTestId(`sandbox-${mood}`).click();
    await expect(async () => {
      await page.goto(page.url());
      await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
    }).toPass({ timeout: 15_000 });
    await page.waitForTimeout(2_500);
    await page.goto(page.url());
    await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
    await expect(page.locator("[data-testid=money-trail] [data-kind=paid]")).toHaveCount(1);
  });
}
