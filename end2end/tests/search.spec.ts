import { alive, expect, fresh, register, test } from "./shop";

const words = (text: string) => `/search?q=${encodeURIComponent(text)}`;

test.use({ shared: true });

test("things, posts, people and topics are found by any way to write them, and tabs show one kind", async ({ page }) => {
  for (const query of ["红茶", "紅茶", "hongcha", "blueberries", "ＢＬＵＥＢＥＲＲＹ", "蓝莓"]) {
    await page.goto(words(query));
    await expect(page.getByTestId("product-card").first(), query).toBeVisible();
  }
  await page.goto(words("茶"));
  await expect(page.getByTestId("post-card").first()).toBeVisible();
  await expect(page.getByTestId("topic-card").first()).toBeVisible();
  await alive(page);
  await page.getByTestId("search-tab-post").click();
  await expect(page).toHaveURL(/tab=post/);
  await expect(page.getByTestId("post-card").first()).toBeVisible();
  await expect(page.getByTestId("product-card")).toHaveCount(0);
  await page.getByTestId("search-tab-topic").click();
  await expect(page.getByTestId("topic-card").first()).toHaveAttribute("href", /\/t\//);
  await page.goto(words("@mei"));
  await expect(page.getByTestId("person-card").first()).toHaveAttribute("href", "/u/mei");
});

test("a slip is read as what was meant and can be insisted on; words that nothing has are left out and named", async ({ page }) => {
  await page.goto(words("blueberris"));
  await expect(page.getByTestId("search-read-as")).toBeVisible();
  await expect(page.getByTestId("product-card").first()).toBeVisible();
  await page.getByTestId("search-read-as").getByRole("link").click();
  await expect(page).toHaveURL(/exact=1/);
  await expect(page.getByTestId("search-read-as")).toHaveCount(0);
  // Nothing: what many look for, and what many like.
  await expect(page.getByTestId("search-hot")).toBeVisible();
  await expect(page.getByTestId("product-card").first()).toBeVisible();
  await page.goto(words("茶 zeppelin"));
  await expect(page.getByTestId("search-without")).toContainText("zeppelin");
  await expect(page.getByTestId("product-card").first()).toBeVisible();
});

test("things that were found are narrowed by category and price, and stay in the tab", async ({ page }) => {
  await page.goto(`${words("茶")}&tab=product`);
  const all = await page.getByTestId("product-card").count();
  expect(all).toBeGreaterThan(1);
  const facet = page.locator(".facets a").first();
  const n = Number((await facet.locator("small").innerText()).trim());
  await facet.click();
  await expect(page).toHaveURL(/category=/);
  await expect(page.getByTestId("product-card")).toHaveCount(n);
  await alive(page);
  await page.locator("select[name=sort]").selectOption("price_up");
  await page.locator(".filters button[type=submit]").click();
  await expect(page).toHaveURL(/sort=price_up/);
  await expect(page).toHaveURL(/category=/);
  const prices = await page.locator("[data-testid=product-card] .price").evaluateAll((all) => all.map((p) => Number(p.getAttribute("data-amount"))));
  expect(prices).toEqual([...prices].sort((a, b) => a - b));
});

test("the shop goes on as one types, with keys and with a finger", async ({ page, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "suggestions need a script; the button does without");
  await page.goto("/search");
  await alive(page);
  const box = page.getByTestId("search-input");
  await box.pressSequentially("tea");
  const first = page.getByRole("option").first();
  await expect(first).toBeVisible();
  await box.press("ArrowDown");
  await expect(first).toHaveAttribute("aria-selected", "true");
  await expect(box).toHaveAttribute("aria-activedescendant", "suggestion-0");
  const meant = await first.innerText();
  await box.press("Enter");
  await expect(page).toHaveURL(/\/search\?q=/);
  await expect(page.getByTestId("search-input")).toHaveValue(meant);
  await expect(page.getByRole("option")).toHaveCount(0);
  await alive(page);
  await page.getByTestId("search-input").fill("");
  await page.getByTestId("search-input").pressSequentially("hongch");
  await page.getByRole("option").first().click();
  await expect(page.getByTestId("product-card").first()).toBeVisible();
  await alive(page);
  // Away with Escape, also when the answer is still on its way; and nothing opens over a page that one has turned to.
  const again = page.getByTestId("search-input");
  await again.fill("");
  await again.pressSequentially("te");
  await expect(page.getByRole("option").first()).toBeVisible();
  await again.press("Escape");
  await expect(page.getByRole("option")).toHaveCount(0);
  await again.pressSequentially("a");
  await again.blur();
  await page.waitForTimeout(800);
  await expect(page.getByRole("option")).toHaveCount(0);
});

test("signs that are put together from letters are no words yet", async ({ page, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "suggestions need a script");
  await page.goto("/search");
  await alive(page);
  const box = page.getByTestId("search-input");
  await box.focus();
  await box.evaluate((input: HTMLInputElement) => {
    input.dispatchEvent(new CompositionEvent("compositionstart"));
    input.value = "tea";
    input.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
  });
  await page.waitForTimeout(800);
  await expect(page.getByRole("option")).toHaveCount(0);
  await box.evaluate((input: HTMLInputElement) => input.dispatchEvent(new CompositionEvent("compositionend", { data: "tea" })));
  await expect(page.getByRole("option").first()).toBeVisible();
});

test("the box says what the page shows, whatever was typed into it, and back", async ({ page, javaScriptEnabled }) => {
  await page.goto("/search");
  await alive(page);
  await page.getByTestId("search-input").fill("x");
  if (javaScriptEnabled) await expect(page.getByRole("option").first()).toBeVisible();
  // What may be meant stands over the rest while one types.
  await page.getByTestId("search-input").press("Escape");
  const hot = page.getByTestId("search-hot").getByRole("link").first();
  const words = (await hot.innerText()).split("\n")[0].trim();
  await hot.click();
  await expect(page).toHaveURL(/q=/);
  await expect(page.getByTestId("search-input")).not.toHaveValue("x");
  expect(words).toContain(await page.getByTestId("search-input").inputValue());
  await page.goBack();
  await expect(page.getByTestId("search-hot")).toBeVisible();
  for (const odd of ["100%cotton", "C++", "a&b#c", '"quotes" <b>', "🍵"]) {
    await page.goto(`/search?q=${encodeURIComponent(odd)}`);
    await expect(page.getByTestId("search-input"), odd).toHaveValue(odd);
    await alive(page);
    await page.getByTestId("search-tab-post").click();
    await expect(page).toHaveURL(/tab=post/);
    await expect(page.getByTestId("search-input"), odd).toHaveValue(odd);
  }
});

test("what I looked for is remembered only when I say so, and forgotten when I say so", async ({ page }) => {
  await register(page);
  await page.goto(words("蓝莓"));
  await page.goto("/search");
  await expect(page.getByTestId("search-mine")).toHaveCount(0);
  await alive(page);
  await page.getByTestId("search-remember").locator("summary").click();
  await page.getByTestId("search-remember").getByRole("button").click();
  await expect(page.getByTestId("search-remember")).toHaveCount(0);
  for (const query of ["茶", "帐篷"]) {
    await page.goto(words(query));
    await expect(page.getByTestId("product-card").first()).toBeVisible();
  }
  // It is written a moment later, off everybody's way.
  await expect(async () => {
    await page.goto("/search");
    await expect(page.getByTestId("search-mine").locator("li")).toHaveCount(2, { timeout: 500 });
  }).toPass();
  await alive(page);
  await page.getByTestId("search-mine").locator("li button").first().click();
  await expect(page.getByTestId("search-mine").locator("li")).toHaveCount(1);
  await page.goto("/settings");
  await alive(page);
  await expect(page.getByTestId("personal")).toHaveAttribute("data-state", "on");
  await page.getByTestId("personal").getByRole("button").click();
  await expect(page.getByTestId("personal")).toHaveAttribute("data-state", "off");
  await page.goto("/search");
  await expect(page.getByTestId("search-mine")).toHaveCount(0);
  await expect(page.getByTestId("search-remember")).toBeVisible();
});

test("a post is found a moment after it was published, and not after it was deleted", async ({ page }) => {
  const mark = fresh();
  await register(page);
  await page.goto("/new?fresh=1");
  await alive(page);
  await page.getByTestId("composer-title").fill(`Zephyr ${mark}`);
  await page.getByTestId("composer-body").fill(`Wind. #gust${mark}`);
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(/\/posts\//);
  const post = page.url();
  await expect(async () => {
    await page.goto(words(`zephyr ${mark}`));
    await expect(page.getByTestId("post-card")).toHaveCount(1, { timeout: 500 });
  }).toPass();
  await page.goto(`${words(`gust${mark}`)}&tab=topic`);
  await expect(page.getByTestId("topic-card")).toHaveCount(1);
  await page.goto(post);
  await alive(page);
  await page.getByTestId("post-delete-ask").click();
  await page.getByTestId("post-delete").click();
  await expect(page.getByTestId("post-delete")).toHaveCount(0);
  await page.goto(words(`zephyr ${mark}`));
  await expect(page.getByTestId("post-card")).toHaveCount(0);
});
