import { alive, expect, fresh, login, operator, register, test } from "./shop";
import type { Page } from "@playwright/test";

// What is refused before it is said.
test.use({ expectNoise: [/status of 422 .*\/api\/post\/comment/] });

const write = async (page: Page, title: string, body: string) => {
  await page.goto("/new?fresh=1");
  await alive(page);
  await page.getByTestId("composer-title").fill(title);
  await page.getByTestId("composer-body").fill(body);
  await page.getByTestId("composer-publish").click();
};

test("a post is reported, taken down with a reason, appealed, and put back by somebody else", async ({ page, browser }) => {
  test.setTimeout(240_000);
  const mark = fresh();
  await register(page);
  await write(page, `Tea ${mark}`, "Just tea.");
  await expect(page).toHaveURL(/\/posts\//);
  const post = new URL(page.url()).pathname;
  await expect(page.getByTestId("post-report")).toHaveCount(0);

  // Whoever is not logged in is led there and back.
  const other = await (await browser.newContext()).newPage();
  const reader = await register(other);
  await other.goto("/me");
  await alive(other);
  await other.getByTestId("logout").click();
  await other.goto(post);
  await alive(other);
  await other.getByTestId("post-report").click();
  await expect(other).toHaveURL(/\/login\?next=/);
  await alive(other);
  await other.getByTestId("login-name").fill(reader);
  await other.getByTestId("login-password").fill("a long password");
  await other.getByTestId("login-submit").click();
  await expect(other).toHaveURL(/\/report\/post\//);
  await alive(other);
  await other.getByTestId("report-text").fill("x".repeat(300));
  await other.getByTestId("reason-hidden_ad").check();
  await other.getByTestId("report-send").click();
  await expect(other).toHaveURL(/\/decisions\//);
  await expect(other.getByTestId("decision")).toHaveAttribute("data-state", "open");
  const report = other.url();
  // Twice is once.
  await other.goto(`/report/post/${post.split("/").pop()}`);
  await expect(other.locator(`main a[href="${new URL(report).pathname}"]`)).toBeVisible();

  const ops = await operator(browser);
  await ops.goto("/admin/reports");
  await alive(ops);
  await ops.getByTestId("moderation-case").filter({ hasText: mark }).click();
  await expect(ops.getByTestId("desk-case")).toHaveAttribute("data-state", "open");
  await alive(ops);
  // A reason is needed; what was typed stays.
  await ops.getByTestId("desk-remove").check();
  await ops.getByTestId("desk-reason").selectOption("");
  await ops.getByTestId("desk-note").fill("It earns money.");
  await ops.getByTestId("desk-send").click();
  await expect(ops.getByRole("alert")).toHaveAttribute("data-code", "reason_needed");
  await expect(ops.getByTestId("desk-note")).toHaveValue("It earns money.");
  await alive(ops);
  await ops.getByTestId("desk-remove").check();
  await ops.getByTestId("desk-reason").selectOption("hidden_ad");
  await ops.getByTestId("desk-sanction").selectOption("day");
  await ops.getByTestId("desk-send").click();
  await expect(ops.getByTestId("desk-case")).toHaveAttribute("data-decision", "remove");
  const desk = ops.url();

  // Others see that it was taken down, and why; the reporter is told.
  const gone = await other.goto(post);
  expect(gone?.status()).toBe(410);
  await expect(other.getByTestId("post-reason")).toBeVisible();
  await expect(other.locator("body")).not.toContainText("Just tea.");
  await other.goto(report);
  await expect(other.getByTestId("decision")).toHaveAttribute("data-decision", "remove");
  await expect(other.getByTestId("appeal-send")).toHaveCount(0);

  // Its author sees it, and may not write for a day.
  await page.goto("/inbox");
  await alive(page);
  await page.locator("[data-testid=notice][data-kind=post_removed] a").click();
  await expect(page.getByTestId("decision")).toContainText("It earns money.");
  await expect(page.getByTestId("sanction")).toBeVisible();
  await page.goto(post);
  await expect(page.getByTestId("post-held")).toHaveAttribute("data-state", "removed");
  await write(page, `More ${mark}`, "More tea.");
  await expect(page.getByRole("alert")).toHaveAttribute("data-code", "paused");
  await expect(page.getByTestId("composer-body")).toHaveValue("More tea.");
  await page.goto(post);
  await alive(page);
  await page.getByTestId("held-case").click();
  await expect(page).toHaveURL(/\/decisions\//);
  await alive(page);
  await page.getByTestId("appeal-text").fill("Nobody paid me.");
  await page.getByTestId("appeal-send").click();
  await expect(page.getByTestId("appeal")).toHaveAttribute("data-state", "waiting");

  // Whoever decided does not judge it.
  await ops.goto(desk);
  await expect(ops.getByTestId("desk-not-yours")).toBeVisible();
  const second = await operator(browser, "mod");
  await second.goto("/admin/reports?shelf=appealed");
  await alive(second);
  await second.getByTestId("moderation-case").filter({ hasText: mark }).click();
  await expect(second.getByTestId("judge-overturned")).toBeVisible();
  await alive(second);
  await second.getByTestId("judge-overturned").check();
  await second.getByTestId("judge-note").fill("Right.");
  await second.getByTestId("judge-send").click();
  await expect(second.getByTestId("desk-case")).toHaveAttribute("data-state", "closed");
  // Whoever moderates ships nothing.
  expect((await second.request.get("/admin/orders")).status()).toBe(403);

  await other.goto(post);
  await expect(other.locator("body")).toContainText("Just tea.");
  await page.goto(page.url());
  await expect(page.getByTestId("appeal")).toContainText("Right.");
  await write(page, `Again ${mark}`, "And again.");
  await expect(page).toHaveURL(/\/posts\//);
  await page.goto("/transparency");
  await expect(page.getByTestId("numbers-overturned")).not.toHaveAttribute("data-count", "0");
});

test("what should be changed is said before it is shown; whoever insists waits for somebody who looks at it", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const mark = fresh();
  await register(page);
  await write(page, `Tea ${mark}`, "Ask me on vx tea_2026 please");
  await expect(page.getByRole("alert")).toHaveAttribute("data-code", "screen_contact");
  await expect(page.getByRole("alert")).toContainText("tea_2026");
  await expect(page.getByTestId("composer-body")).toHaveValue("Ask me on vx tea_2026 please");
  await alive(page);
  await page.getByTestId("composer-insist").click();
  await expect(page.getByTestId("post-held")).toHaveAttribute("data-state", "review");
  const post = new URL(page.url()).pathname;
  const other = await (await browser.newContext()).newPage();
  expect((await other.request.get(post)).status()).toBe(404);
  const ops = await operator(browser, "mod");
  await ops.goto("/admin/reports");
  await alive(ops);
  await ops.getByTestId("moderation-case").filter({ hasText: mark }).click();
  await expect(ops.getByTestId("desk-said")).toContainText("tea_2026");
  await alive(ops);
  await ops.getByTestId("desk-keep").check();
  await ops.getByTestId("desk-send").click();
  await expect(ops.getByTestId("desk-case")).toHaveAttribute("data-decision", "keep");
  expect((await other.goto(post))?.status()).toBe(200);
  // A comment is changed.
  await page.goto(post);
  await alive(page);
  await page.getByTestId("comment-input").first().fill("see evil-shop.top");
  await page.getByTestId("comment-send").first().click();
  await expect(page.getByRole("alert")).toHaveAttribute("data-code", "screen_link");
  await expect(page.getByTestId("comment-input").first()).toHaveValue("see evil-shop.top");
});

test("whoever is blocked is out of sight, and comes back", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const mark = fresh();
  const name = await register(page);
  await write(page, `Tea ${mark}`, "Just tea.");
  await expect(page).toHaveURL(/\/posts\//);
  const post = new URL(page.url()).pathname;
  const other = await (await browser.newContext()).newPage();
  const loud = await register(other);
  await other.goto(post);
  await alive(other);
  await other.getByTestId("comment-input").first().fill("loud words");
  await other.getByTestId("comment-send").first().click();
  await expect(other.getByTestId("comment")).toContainText("loud words");

  await page.goto(`/u/${loud}`);
  await alive(page);
  await page.getByTestId("turns").click();
  await page.getByTestId("turn-block").click();
  await expect(page.getByTestId("author-apart")).toBeVisible();
  await page.goto(post);
  await expect(page.locator("body")).not.toContainText("loud words");
  expect((await other.request.get(post)).status()).toBe(404);
  await other.goto(`/u/${name}`);
  await expect(other.getByTestId("author-apart")).toBeVisible();
  await page.goto("/me/averse");
  await alive(page);
  await expect(page.getByTestId("averse")).toHaveAttribute("data-state", "block");
  await page.getByTestId("turn-none").click();
  await expect(page.getByTestId("averse")).toHaveCount(0);
  expect((await other.goto(post))?.status()).toBe(200);
});

test("a list of words is changed by whoever may, and counts for the next post", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const word = fresh();
  const ops = await operator(browser);
  await ops.goto("/admin/words");
  await alive(ops);
  const banned = ops.getByTestId("words").first();
  const version = await banned.getAttribute("data-version");
  const list = await ops.getByTestId("words-banned").inputValue();
  await ops.getByTestId("words-banned").fill(`${list.trim()}\n${word}\n`);
  await ops.getByTestId("save-banned").click();
  await expect(banned).not.toHaveAttribute("data-version", version!);
  await ops.reload();
  await expect(ops.getByTestId("words-banned")).toHaveValue(new RegExp(word));
  await register(page);
  await write(page, "Tea", `This is ${word.toUpperCase()}.`);
  await expect(page.getByTestId("post-held")).toHaveAttribute("data-state", "review");
  expect((await page.request.get("/admin/words")).status()).toBe(403);
});
