import { alive, expect, login, register, test } from "./shop";
import type { Page } from "@playwright/test";

const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const picture = (name: string) => ({ name, mimeType: "image/png", buffer: Buffer.from(dot, "base64") });

/** Taps a button and waits until the shop has answered; what it shows before is a guess. */
const tap = async (page: Page, testid: string, call: string) => {
  if (test.info().project.use.javaScriptEnabled === false) return page.getByTestId(testid).first().click();
  await Promise.all([page.waitForResponse((r) => r.url().endsWith(call)), page.getByTestId(testid).first().click()]);
};

/** Pictures go up by themselves with scripts, and with the form without. */
const bring = async (page: Page, names: string[], javaScriptEnabled: boolean | undefined) => {
  await page.getByTestId("composer-file").setInputFiles(names.map(picture));
  if (javaScriptEnabled) await expect(page.getByTestId("composer-picture")).toHaveCount(names.length, { timeout: 20_000 });
};

const write = async (page: Page, title: string, body: string) => {
  await page.goto("/new?fresh=1");
  await alive(page);
  await page.getByTestId("composer-title").fill(title);
  await page.getByTestId("composer-body").fill(body);
};

const published = async (page: Page, title: string, body: string) => {
  await write(page, title, body);
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(/\/posts\/\w+$/);
  return new URL(page.url()).pathname;
};

test.use({ shared: true });

test("a post with three pictures and two things is written, found under its topic, edited in the open and deleted", async ({ page, javaScriptEnabled }) => {
  test.setTimeout(120_000);
  await register(page);
  const topic = `tea${Date.now()}`;
  await write(page, "Three pictures, two things", `Look at this #${topic}`);
  const boxes = page.getByTestId("composer-product");
  await expect(async () => {
    if (!(await boxes.first().isVisible())) await page.getByTestId("composer-products").click();
    await expect(boxes.first()).toBeVisible({ timeout: 1_000 });
  }).toPass();
  // Enter in the field looks for products, and saves what was written.
  await page.getByTestId("composer-find").fill("茶");
  await page.getByTestId("composer-find").press("Enter");
  await expect(page).toHaveURL(/q=/);
  await expect(page.getByTestId("composer-title")).toHaveValue("Three pictures, two things");
  await alive(page);
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await bring(page, ["a.png", "b.png", "c.png"], javaScriptEnabled);
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(/\/posts\/\w+$/);
  const post = new URL(page.url()).pathname;
  await expect(page.locator("h1")).toHaveText("Three pictures, two things");
  await expect(page.locator(".post-gallery img")).toHaveCount(3);
  await expect(page.getByTestId("post-product")).toHaveCount(2);

  await alive(page);
  await page.getByRole("link", { name: `#${topic}` }).click();
  await expect(page).toHaveURL(new RegExp(`/t/${topic}$`));
  await expect(page.getByTestId("topic-count")).toHaveAttribute("data-count", "1");
  await expect(page.getByTestId("post-card")).toHaveCount(1);

  await page.goto(post);
  await alive(page);
  await page.getByTestId("post-edit").click();
  await expect(page.getByTestId("composer-picture")).toHaveCount(3);
  await alive(page);
  await page.getByTestId("picture-away").last().click();
  await expect(page.getByTestId("composer-picture")).toHaveCount(2);
  await page.getByTestId("composer-body").fill("Said better");
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(new RegExp(`${post}$`));
  await expect(page.locator(".post-gallery img")).toHaveCount(2);
  await page.goto(`${post}/history`);
  await expect(page.getByTestId("post-version")).toHaveCount(2);
  await expect(page.getByTestId("post-version").last()).toContainText("Look at this");

  await page.goto(post);
  await alive(page);
  await page.getByTestId("post-delete-ask").click();
  await page.getByTestId("post-delete").click();
  await expect(page).toHaveURL(/\/u\//);
  await expect(page.getByTestId("author-posts")).toHaveAttribute("data-count", "0");
  const gone = await page.request.get(post);
  expect(gone.status()).toBe(410);
  await page.goto(`/t/${topic}`);
  await expect(page.getByTestId("topic-count")).toHaveAttribute("data-count", "0");
});

test("a draft is there again after its tab was closed, and what is wrong with one picture loses nothing else", async ({ page, javaScriptEnabled }) => {
  test.setTimeout(90_000);
  await register(page);
  await write(page, "Half a thought", "and the rest of it");
  if (javaScriptEnabled) {
    await expect(page.getByRole("status").filter({ hasText: /\S/ })).toBeVisible();
  } else {
    await page.getByTestId("composer-save").click();
    await expect(page).toHaveURL(/saved=1/);
  }
  const context = page.context();
  const again = await context.newPage();
  await page.close();
  await again.goto("/new");
  await alive(again);
  await expect(again.getByTestId("composer-title")).toHaveValue("Half a thought");
  await expect(again.getByTestId("composer-body")).toHaveValue("and the rest of it");

  await again.getByTestId("composer-body").fill("now with pictures");
  await again.getByTestId("composer-file").setInputFiles([picture("good.png"), { name: "bad.png", mimeType: "image/png", buffer: Buffer.from("no picture") }]);
  if (!javaScriptEnabled) await again.getByTestId("composer-publish").click();
  await expect(again.getByRole("alert")).toHaveAttribute("data-code", "picture_form");
  await expect(again.getByTestId("composer-picture")).toHaveCount(1);
  await expect(again.getByTestId("composer-body")).toHaveValue("now with pictures");
  await alive(again);
  await again.getByTestId("composer-title").fill("字".repeat(25));
  await again.getByTestId("composer-publish").click();
  await expect(again.getByRole("alert")).toHaveAttribute("data-code", "title_long");
  await expect(again.getByTestId("composer-title")).toHaveValue("字".repeat(25));
  await alive(again);
  await again.getByTestId("composer-title").fill("A whole thought");
  await again.getByTestId("composer-publish").click();
  await expect(again).toHaveURL(/\/posts\/\w+$/);
  await expect(again.locator(".post-gallery img")).toHaveCount(1);
});

test("others like, keep, follow and answer, and the author hears of it", async ({ page, browser }) => {
  test.setTimeout(120_000);
  await register(page);
  const post = await published(page, "To be talked about", "What do you think?");
  await page.goto("/me");
  await alive(page);
  await page.getByTestId("my-page").click();
  await expect(page).toHaveURL(/\/u\//);
  const mine = new URL(page.url()).pathname;

  const reader = await (await browser.newContext()).newPage();
  await reader.goto(post);
  await alive(reader);
  await reader.getByTestId("post-like").click();
  await expect(reader).toHaveURL(/\/login\?next=/);
  await register(reader);
  await reader.goto(post);
  await alive(reader);
  await tap(reader, "post-like", "/api/post/like");
  await expect(reader.getByTestId("post-like")).toHaveAttribute("aria-pressed", "true");
  await expect(reader.getByTestId("post-like")).toContainText("1");
  await tap(reader, "post-collect", "/api/post/collect");
  await expect(reader.getByTestId("post-collect")).toHaveAttribute("aria-pressed", "true");
  await tap(reader, "post-follow", "/api/post/follow");
  await expect(reader.getByTestId("post-follow")).toHaveAttribute("aria-pressed", "true");
  await reader.getByTestId("comment-input").first().fill("I think so too");
  await reader.getByTestId("comment-send").first().click();
  await expect(reader.getByTestId("comment")).toHaveCount(1);
  await expect(reader.getByTestId("comment")).toContainText("I think so too");
  await alive(reader);
  await reader.getByTestId("comment-input").first().fill("And one thing more");
  await reader.getByTestId("comment-send").first().click();
  await expect(reader.getByTestId("comment")).toHaveCount(2);
  await reader.goto("/?tab=follow");
  await expect(reader.getByTestId("post-card")).toHaveCount(1);

  await page.goto("/inbox");
  for (const kind of ["post_liked", "post_commented", "followed"]) await expect(page.locator(`[data-testid=notice][data-kind=${kind}]`)).toHaveCount(1);
  await page.goto(mine);
  await expect(page.getByTestId("author-followers")).toHaveAttribute("data-count", "1");
  await expect(page.getByTestId("author-likes")).toHaveAttribute("data-count", "1");

  await page.goto(post);
  await alive(page);
  const comment = page.getByTestId("comment").first();
  await tap(page, "comment-like", "/api/post/like_comment");
  await expect(comment.getByTestId("comment-like")).toHaveAttribute("aria-pressed", "true");
  await comment.getByTestId("comment-reply").click();
  await comment.getByTestId("comment-input").first().fill("Thank you");
  await comment.getByTestId("comment-send").first().click();
  await expect(page.locator(".replies").getByTestId("comment")).toContainText("Thank you");
  await reader.goto("/inbox");
  await expect(reader.locator("[data-testid=notice][data-kind=comment_replied]")).toHaveCount(1);
  await reader.goto(post);
  await alive(reader);
  await tap(reader, "post-like", "/api/post/like");
  await expect(reader.getByTestId("post-like")).toHaveAttribute("aria-pressed", "false");
  await alive(reader);
  await reader.locator(".comment", { has: reader.locator(".replies") }).getByTestId("comment-delete").first().click();
  await expect(reader.locator(".comment[data-state=deleted]")).toHaveCount(1);
  await reader.context().close();
});

test("the feed shows posts among things, and one leads to the things that it shows", async ({ page }) => {
  await page.goto("/");
  await alive(page);
  await expect(page.getByTestId("post-card").first()).toBeVisible();
  // Of one that nobody writes about while this runs.
  await page.goto(`/t/${encodeURIComponent("喝茶")}`);
  await alive(page);
  await page.getByTestId("post-card").first().click();
  await expect(page).toHaveURL(/\/posts\/\w+$/);
  await alive(page);
  await page.getByTestId("post-product").first().click();
  await expect(page).toHaveURL(/\/p\//);
  await expect(page.getByTestId("product-posts").getByTestId("post-card").first()).toBeVisible();
});

test("what was said to be an ad stays one", async ({ page }) => {
  test.setTimeout(90_000);
  await login(page, "kol");
  await page.goto("/new?fresh=1");
  await alive(page);
  await page.getByTestId("composer-title").fill("Paid for");
  await page.getByTestId("composer-body").fill("by somebody");
  await page.getByTestId("composer-sponsored").check();
  await page.getByTestId("composer-publish").click();
  await expect(page.getByTestId("post-sponsored")).toBeVisible();
  await alive(page);
  await page.getByTestId("post-edit").click();
  await alive(page);
  await expect(page.getByTestId("composer-sponsored")).toBeDisabled();
  await page.getByTestId("composer-body").fill("by somebody else");
  await page.getByTestId("composer-publish").click();
  await expect(page.getByTestId("post-sponsored")).toBeVisible();
});

test("an author shows one post first on his page, another one instead of it, and none", async ({ page, browser }) => {
  const name = await register(page);
  const first = await published(page, "The first one", "of two");
  const second = await published(page, "The second one", "of two");
  for (const post of [second, first]) {
    await page.goto(post);
    await alive(page);
    await page.getByTestId("post-pin").click();
    await expect(page.getByTestId("post-pin")).toHaveAttribute("value", "0");
  }
  const reader = await (await browser.newContext()).newPage();
  const pinned = reader.getByTestId("author-pinned").locator("a.card");
  // A visitor's page is kept for a moment.
  const shows = (what: string[]) =>
    expect(async () => {
      await reader.goto(`/u/${name}`);
      expect(await pinned.evaluateAll((all) => all.map((a) => a.getAttribute("href")))).toEqual(what);
    }).toPass();
  await shows([first]);
  await expect(reader.locator(`main a[href="${first}"]`)).toHaveCount(1);
  await page.goto(first);
  await alive(page);
  await page.getByTestId("post-pin").click();
  await expect(page.getByTestId("post-pin")).toHaveAttribute("value", "1");
  await shows([]);
  await expect(reader.locator(`main a[href="${first}"]`)).toHaveCount(1);
  await reader.context().close();
});

test("a picture is cut to a shape where its author says, and the text stays", async ({ page }) => {
  test.setTimeout(90_000);
  await register(page);
  const buffer = await page.screenshot();
  await page.goto("/new");
  await alive(page);
  await page.getByTestId("composer-title").fill("A tall picture");
  await page.getByTestId("composer-body").fill("with too much in it");
  await page.getByTestId("composer-file").setInputFiles({ name: "tall.png", mimeType: "image/png", buffer });
  if (test.info().project.use.javaScriptEnabled === false) await page.getByTestId("composer-save").click();
  const image = page.getByTestId("composer-picture").locator("img");
  await expect(image).toHaveAttribute("height", "844");
  await alive(page);
  await page.getByTestId("picture-shape").click();
  await expect(page).toHaveURL(/\/new\/cut/);
  await alive(page);
  await page.locator("input[name=shape][value=square]").check();
  await page.locator("input[name=place_of_cut][value='0']").check();
  await expect.poll(() => page.locator(".cut-view img").evaluate((e) => [getComputedStyle(e).objectPosition, e.clientWidth - e.clientHeight])).toEqual(["0px 0px", 0]);
  await page.getByTestId("cut-do").click();
  await expect(page).toHaveURL(/\/new\?post=/);
  await expect(image).toHaveAttribute("width", "390");
  await expect(image).toHaveAttribute("height", "390");
  await expect(page.getByTestId("composer-title")).toHaveValue("A tall picture");
  await expect(page.getByTestId("composer-body")).toHaveValue("with too much in it");
});
