import type { Page } from "@playwright/test";
import { alive, expect, fresh, register, test } from "./shop";

/** Writes a post that asks something, as somebody new; answers its address. */
const ask = async (page: Page, kind: string, shows: string, options: string[]) => {
  await register(page);
  await page.goto("/new?fresh=1");
  await alive(page);
  await page.getByTestId("composer-title").fill(`Which one ${fresh()}`.slice(0, 18));
  await page.getByTestId("composer-poll").click();
  await page.getByTestId("poll-kind").selectOption(kind);
  for (const [i, text] of options.entries()) await page.getByTestId("poll-option").nth(i).fill(text);
  await page.getByTestId("poll-shows").selectOption(shows);
  if (kind === "quiz") await page.locator("input[name=poll_right]").nth(1).check({ force: true });
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(/\/posts\//);
  return page.url();
};

const another = async (page: Page, url: string) => {
  const other = await page.context().browser()!.newContext({ baseURL: new URL(url).origin, javaScriptEnabled: test.info().project.use.javaScriptEnabled });
  const reader = await other.newPage();
  await register(reader);
  await reader.goto(url);
  await alive(reader);
  return reader;
};

test("somebody asks, others answer once and see what came of it, and may answer otherwise", async ({ page }) => {
  const url = await ask(page, "single", "voted", ["tea", "coffee"]);
  await expect(page.getByTestId("poll")).toHaveAttribute("data-state", "open");
  const reader = await another(page, url);
  await expect(reader.getByTestId("poll-result")).toHaveCount(0);
  await reader.getByTestId("poll-pick").first().check();
  await reader.getByTestId("poll-vote").click();
  await expect(reader.getByTestId("poll")).toHaveAttribute("data-state", "voted");
  await expect(reader.getByTestId("poll-result").first()).toHaveAttribute("data-votes", "1");
  await expect(reader.getByTestId("poll-result").nth(1)).toHaveAttribute("data-votes", "0");
  await alive(reader);
  await reader.locator(".poll-again summary").click();
  await reader.getByTestId("poll-pick").nth(1).check();
  await reader.getByTestId("poll-vote").click();
  await expect(reader.getByTestId("poll-result").nth(1)).toHaveAttribute("data-votes", "1");
  await expect(reader.getByTestId("poll-voters")).toContainText("1");
});

test("a quiz tells which was right once it is answered, and is answered once", async ({ page }) => {
  const url = await ask(page, "quiz", "voted", ["one", "two"]);
  const reader = await another(page, url);
  await reader.getByTestId("poll-pick").first().check();
  await reader.getByTestId("poll-vote").click();
  await expect(reader.getByTestId("poll-result").nth(1)).toHaveAttribute("data-right", "true");
  await expect(reader.getByTestId("poll-result").first()).toHaveAttribute("data-right", "false");
  await expect(reader.getByTestId("poll-vote")).toHaveCount(0);
});

test("several and ranked answers are taken, and what comes of it waits for the end where its author wants that", async ({ page }) => {
  const several = await ask(page, "several", "always", ["red", "green", "blue"]);
  const reader = await another(page, several);
  await reader.getByTestId("poll-pick").nth(0).check();
  await reader.getByTestId("poll-pick").nth(2).check();
  await reader.getByTestId("poll-vote").click();
  await expect(reader.getByTestId("poll-result").nth(2)).toHaveAttribute("data-votes", "1");
  await expect(reader.getByTestId("poll-result").nth(1)).toHaveAttribute("data-votes", "0");
  const writer = await (await page.context().browser()!.newContext({ baseURL: new URL(several).origin, javaScriptEnabled: test.info().project.use.javaScriptEnabled })).newPage();
  const ranked = await ask(writer, "ranked", "closed", ["red", "green", "blue"]);
  await reader.goto(ranked);
  await alive(reader);
  await reader.getByTestId("poll-rank").nth(2).selectOption("1");
  await reader.getByTestId("poll-rank").nth(0).selectOption("2");
  await reader.getByTestId("poll-vote").click();
  await expect(reader.getByTestId("poll")).toHaveAttribute("data-state", "voted");
  await expect(reader.getByTestId("poll-result").nth(2)).toHaveAttribute("data-mine", "1");
  await expect(reader.locator("[data-testid=poll-result][data-votes]")).toHaveCount(0);
});

test("a question that is not finished says what is missing, and what was typed stays", async ({ page }) => {
  await register(page);
  await page.goto("/new?fresh=1");
  await alive(page);
  await page.getByTestId("composer-title").fill("Half a question");
  await page.getByTestId("composer-poll").click();
  await page.getByTestId("poll-kind").selectOption("single");
  await page.getByTestId("poll-option").nth(0).fill("the only one");
  await page.getByTestId("composer-publish").click();
  await expect(page.locator("[data-code=poll_options]")).toBeVisible();
  await expect(page.getByTestId("poll-option").nth(0)).toHaveValue("the only one");
  await expect(page.getByTestId("composer-title")).toHaveValue("Half a question");
});
