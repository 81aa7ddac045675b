// Coupons from the desk to the order: made, taken, typed, chosen, handed out in a room, spent.
import { alive, another, becomes, expect, fillAddress, fresh, openRoom, operator, register, scripts, sends, test } from "./shop";
import type { Page } from "@playwright/test";

// What is refused is an answer, and the console says so.
test.use({ expectNoise: [/status of 4(01|04|09|22)/] });

/** Makes a coupon at the desk; what is not said stays as the form begins. */
const make = async (ops: Page, fields: Record<string, string>, choices: Record<string, string> = {}) => {
  await ops.goto("/admin/coupons");
  await alive(ops);
  const codes = () => ops.getByTestId("coupon-made").evaluateAll((all) => all.map((c) => (c as HTMLElement).dataset.code!));
  const before = await codes();
  await ops.getByTestId("coupon-make").click();
  for (const [name, value] of Object.entries(choices)) await ops.locator(`input[name=${name}][value=${value}]`).check();
  for (const [name, value] of Object.entries(fields)) await ops.locator(`input[type=text][name=${name}]`).fill(value);
  await ops.getByTestId("coupon-create").click();
  const made = async () => (await codes()).filter((code) => !before.includes(code));
  await expect.poll(async () => (await made()).length).toBeGreaterThan(0);
  return (await made())[0];
};

const opens = async (page: Page, testid: string) => {
  const details = page.getByTestId(testid);
  if (!(await details.evaluate((d: HTMLDetailsElement) => d.open))) await details.locator("summary").click();
};

/** The checkout of two of a thing, for somebody with an address. */
const toCheckout = async (page: Page, slug: string) => {
  await page.goto(`/p/${slug}?buy=single`);
  await alive(page);
  await page.getByTestId("qty").fill("2");
  await page.getByTestId("confirm").click();
  await expect(page).toHaveURL(/\/checkout\?buy=/);
  await alive(page);
};

const total = async (page: Page) => Number(await page.getByTestId("order-total").getAttribute("data-amount"));

test("a coupon is made, taken and typed; the best is taken off, another can be chosen, and it comes back with an order that is not paid", async ({ page, browser }) => {
  test.setTimeout(150_000);
  const ops = await operator(browser);
  const word = `W${fresh().slice(-9)}`.toUpperCase();
  // What no coupon can be is said, and what was typed stays.
  await ops.goto("/admin/coupons");
  await alive(ops);
  await ops.getByTestId("coupon-make").click();
  await ops.getByTestId("coupon-off").fill("nothing");
  await ops.getByTestId("coupon-quota").fill("77");
  await ops.getByTestId("coupon-create").click();
  await expect(ops.getByRole("alert").first()).toHaveAttribute("data-code", "coupon_off");
  await expect(ops.getByTestId("coupon-off")).toHaveAttribute("aria-invalid", "true");
  await expect(ops.getByTestId("coupon-quota")).toHaveValue("77");
  if (scripts()) {
    await ops.getByTestId("coupon-off").fill("3");
    await expect(ops.getByTestId("coupon-worst")).toHaveAttribute("data-amount", "23100");
  }
  // A product is of a merchant, who pays for it.
  await ops.goto("/admin/coupons");
  await alive(ops);
  await ops.getByTestId("coupon-make").click();
  await ops.getByTestId("coupon-off").fill("1");
  await ops.getByTestId("coupon-product").fill("/p/plateau-blueberries");
  await ops.getByTestId("coupon-create").click();
  await expect(ops.getByRole("alert").first()).toHaveAttribute("data-code", "coupon_of");
  await expect(ops.getByTestId("coupon-of")).toHaveAttribute("aria-invalid", "true");
  const open = await make(ops, { off: "3" });
  if (scripts()) {
    // The next one begins anew.
    await expect(ops.getByTestId("coupon-done")).toBeVisible();
    await ops.getByTestId("coupon-make").click();
    await expect(ops.getByTestId("coupon-off")).toHaveValue("");
    await expect(ops.getByTestId("coupon-worst")).toHaveCount(0);
  }
  await make(ops, { off: "4", least: "0.01", word }, { way: "word" });
  await make(ops, { off: "5", least: "99999", word: `${word}X` }, { way: "word" });

  // Whoever has not logged in is asked to, and comes back.
  await page.goto("/coupons");
  await alive(page);
  const offer = () => page.locator(`[data-testid=coupon-offer][data-code="${open}"]`);
  await offer().getByTestId("coupon-take").click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await register(page);
  await page.goto("/addresses");
  await alive(page);
  await fillAddress(page);
  // On the page of a thing that it is for, too.
  const shelf = await (await page.request.get("/c/kitchen?stock=1")).text();
  const slug = /href="\/p\/([^"?]+)/.exec(shelf)![1];
  await page.goto(`/p/${slug}`);
  await alive(page);
  await page.getByTestId("product-coupons").locator("summary").click();
  if (await offer().count()) {
    await offer().getByTestId("coupon-take").click();
    if (scripts()) await expect(page.locator("#coupon-got .notice")).toBeVisible();
    await expect(offer()).toHaveAttribute("data-state", "had");
  }
  await page.goto("/coupons");
  await alive(page);
  if (await offer().getByTestId("coupon-take").count()) await offer().getByTestId("coupon-take").click();
  await expect(page.locator(`[data-testid=coupon-mine][data-code="${open}"]`)).toHaveAttribute("data-state", "free");
  await expect(offer()).toHaveAttribute("data-state", "had");
  await expect(offer().getByTestId("coupon-remains")).toHaveAttribute("data-count", "99");
  // A word that there is not.
  await alive(page);
  await page.getByTestId("coupon-word").fill("NOSUCHWORD");
  await page.getByTestId("coupon-word-send").click();
  await expect(page.getByRole("alert").first()).toHaveAttribute("data-code", "coupon_unknown");
  await expect(page.getByTestId("coupon-word")).toHaveValue("NOSUCHWORD");

  // At the checkout it is taken off by itself.
  await toCheckout(page, slug);
  const coupons = page.getByTestId("coupons");
  await expect(coupons).toHaveAttribute("data-amount", "300");
  const without = (await total(page)) + 300;
  const note = page.locator("input[name=note]");
  if (scripts()) await note.fill("ring twice");
  // A word typed here gets a better one, which is taken instead; one for more than this says what is missing.
  for (const [typed, takes] of [[word.toLowerCase(), "400"], [`${word}X`, "400"]]) {
    await opens(page, "coupons");
    await page.getByTestId("coupon-word").fill(typed);
    await page.getByTestId("coupon-word-send").click();
    await expect(page.getByTestId("coupon-word")).toHaveValue("");
    await expect(coupons).toHaveAttribute("data-amount", takes);
    await alive(page);
  }
  if (scripts()) await expect(note).toHaveValue("ring twice");
  expect(await total(page)).toBe(without - 400);
  await opens(page, "coupons");
  await expect(page.getByTestId("coupon-unfit")).toHaveCount(1);
  await expect(page.getByTestId("coupon")).toHaveCount(3);
  // The other one, and none.
  const choose = async (value: string, takes: string) => {
    await opens(page, "coupons");
    await page.locator(`[data-testid=coupon] input[value="${value}"]`).check();
    if (!scripts()) await coupons.locator("noscript button, button[form=choose]").click();
    await expect(coupons).toHaveAttribute("data-amount", takes);
    await alive(page);
  };
  const values = await page.locator("[data-testid=coupon] input").evaluateAll((all) => all.map((i) => [(i as HTMLInputElement).value, (i as HTMLInputElement).checked]));
  const other = values.find(([value, checked]) => value !== "none" && !checked)![0] as string;
  expect(values.find(([, checked]) => checked)![0], "nobody chose it").toBe("");
  await choose("none", "0");
  expect(await total(page)).toBe(without);
  await choose(other, "300");
  // What was chosen stays chosen while another delivery is.
  for (const method of ["express", "standard"]) {
    await page.locator(`input[type=radio][name=method][value=${method}]`).check();
    if (!scripts()) await page.locator("form[action='/checkout'] button").first().click();
    await expect(page.locator("input[type=hidden][name=method]")).toHaveValue(method);
    await expect(coupons).toHaveAttribute("data-amount", "300");
    await alive(page);
  }
  const best = await page.locator("[data-testid=coupon] input").evaluateAll((all, other) => all.map((i) => (i as HTMLInputElement).value).find((v) => v !== "none" && v !== other)!, other);
  await choose(best, "400");
  await page.getByTestId("place-order").click();
  await expect(page).toHaveURL(/\/sandbox\/pay\//);
  await expect(page.locator(".price.huge")).toHaveAttribute("data-amount", String(without - 400));

  // It is in this order, and comes back when that is cancelled; then it is used for good.
  const state = async (state: string) => {
    await page.goto("/coupons");
    await alive(page);
    if (state === "used") await page.getByTestId("coupon-past").click();
    await expect(page.locator(`[data-testid=coupon-mine][data-state=${state}]`).filter({ has: page.locator(".ticket-worth", { hasText: /¥4$|¥4 / }) })).toBeVisible();
  };
  await state("locked");
  await page.goto("/orders");
  await alive(page);
  await page.getByTestId("order-card").first().locator("a").first().click();
  await alive(page);
  await page.getByTestId("order-cancel").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "cancelled");
  await state("free");
  await toCheckout(page, slug);
  await expect(coupons).toHaveAttribute("data-amount", "400");
  await page.getByTestId("place-order").click();
  await page.getByTestId("sandbox-pay").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
  await expect(page.getByTestId("order-total")).toHaveAttribute("data-amount", String(without - 400));
  await state("used");

  // Stopped: nobody gets it any more, and who has it keeps it.
  await ops.goto("/admin/coupons");
  await alive(ops);
  const made = ops.locator(`[data-testid=coupon-made][data-code="${open}"]`);
  await made.getByTestId("coupon-stop").click();
  await expect(made).toHaveAttribute("data-state", "stopped");
  await page.goto("/coupons");
  await expect(offer()).toHaveCount(0);
  await expect(page.locator(`[data-testid=coupon-mine][data-code="${open}"]`)).toHaveAttribute("data-state", "free");
  await ops.context().close();
});

test("a host hands out coupons: as many as there are, one each, and they are spent in the room", async ({ page, browser }) => {
  test.setTimeout(240_000);
  const ops = await operator(browser);
  const coupon = await make(ops, { off: "2", quota: "5" }, { way: "room" });
  await ops.context().close();
  const host = await another(browser);
  const code = await openRoom(host, "发券");
  const studio = async () => {
    await host.goto(`/studio/${code}`);
    await alive(host);
  };
  const shelf = await (await page.request.get("/shop?sort=new&stock=1")).text();
  const slug = [...shelf.matchAll(/href="\/p\/([^"?]+)/g)].map((m) => m[1]).filter((s, i, all) => all.indexOf(s) === i)[2];
  await host.getByTestId("bag-slug").fill(slug);
  await host.getByTestId("bag-off").fill("1");
  await host.getByTestId("bag-put").click();
  await expect(host.getByTestId("studio-item")).toHaveCount(1);
  const encoder = await sends(host);
  const [friend, late] = [await another(browser), await another(browser)];
  try {
    for (const who of [page, friend, late]) {
      await register(who);
      await who.goto(`/live/${code}`);
    }
    await page.goto("/addresses");
    await alive(page);
    await fillAddress(page);
    await page.goto(`/live/${code}`);
    await expect(async () => {
      await studio();
      await expect(host.getByTestId("studio-state")).toHaveAttribute("data-state", "live", { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    // More than there are is refused with how many there are.
    await host.getByTestId("drop-make").click();
    await host.getByTestId("drop-coupon").selectOption(coupon);
    await host.getByTestId("drop-units").fill("6");
    await host.getByTestId("drop-minutes").selectOption("5");
    await host.getByTestId("drop-begin").click();
    await expect(host.getByRole("alert").first()).toHaveAttribute("data-code", "drop_units");
    await expect(host.getByTestId("drop-units")).toHaveValue("6");
    await expect(host.getByTestId("drop-coupon")).toHaveValue(coupon);
    await alive(host);
    await host.getByTestId("drop-units").fill("2");
    await host.getByTestId("drop-begin").click();
    await expect(host.getByTestId("studio-drop")).toHaveAttribute("data-state", "open");

    for (const [i, who] of [page, friend].entries()) {
      await becomes(who, () => expect(who.getByTestId("drop")).toHaveAttribute("data-state", "open", { timeout: 1_000 }));
      await alive(who);
      await opens(who, "drop");
      await who.getByTestId("drop-catch").click();
      await expect(who.getByTestId("drop")).toHaveAttribute("data-state", "have");
      await opens(who, "drop");
      await expect(who.getByTestId("drop-mine")).toBeVisible();
      await becomes(who, () => expect(who.getByTestId("drop-left")).toHaveAttribute("data-left", String(1 - i), { timeout: 1_000 }));
    }
    // Whoever comes too late sees that there are none.
    await becomes(late, () => expect(late.getByTestId("drop")).toHaveAttribute("data-state", "gone", { timeout: 1_000 }));
    await alive(late);
    await opens(late, "drop");
    await expect(late.getByTestId("drop-catch")).toHaveCount(0);

    // It is taken off what the room sells.
    await page.goto(`/live/${code}`);
    await alive(page);
    await opens(page, "bag");
    await page.getByTestId("bag-buy").click();
    await expect(page).toHaveURL(/\/checkout\?buy=room/);
    await alive(page);
    await expect(page.getByTestId("coupons")).toHaveAttribute("data-amount", "200");
    await page.getByTestId("place-order").click();
    await page.getByTestId("sandbox-pay").click();
    await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
    await studio();
    await host.locator(".studio-end summary").click();
    await host.getByTestId("studio-end").click();
    await expect(host).toHaveURL(new RegExp(`/live/${code}`));
  } finally {
    encoder.kill("SIGKILL");
  }
  for (const who of [host, friend, late]) await who.context().close();
});
