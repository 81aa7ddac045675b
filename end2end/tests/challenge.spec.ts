import { alive, expect, fresh, login, operator, register, test } from "./shop";

test("the shop makes a challenge, somebody posts for it, somebody else votes, and the shop calls it off", async ({ page, browser }) => {
  test.setTimeout(150_000);
  const { baseURL, javaScriptEnabled } = test.info().project.use;
  const topic = `cup_${fresh()}`;
  const ops = await operator(browser);
  await ops.goto("/admin/challenges");
  await alive(ops);
  await ops.getByTestId("challenge-make").click();
  await ops.getByTestId("challenge-topic").fill("two words");
  await ops.getByTestId("challenge-name").fill("First cup");
  await ops.getByTestId("challenge-rules").fill("Your own <b>picture</b>.");
  await ops.getByTestId("challenge-prize").fill("A teapot");
  await ops.getByTestId("challenge-create").click();
  // What is refused stands there as it was typed.
  await expect(ops.getByRole("alert")).toHaveAttribute("data-code", "challenge_topic");
  await expect(ops.getByTestId("challenge-rules")).toHaveValue("Your own <b>picture</b>.");
  await alive(ops);
  await ops.getByTestId("challenge-topic").fill(`#${topic}`);
  await ops.getByTestId("challenge-create").click();
  await expect(ops).toHaveURL(/\/challenges\/\w+$/);
  const challenge = new URL(ops.url()).pathname;
  await expect(ops.getByTestId("challenge")).toHaveCount(1);
  await expect(ops.getByTestId("challenge")).toHaveAttribute("data-state", "open");

  await register(page);
  await page.goto(`/t/${topic}`);
  await alive(page);
  await page.getByTestId("challenge-open").click();
  await expect(page).toHaveURL(new RegExp(challenge));
  await alive(page);
  await page.getByTestId("challenge-join").click();
  await expect(page.getByTestId("composer-body")).toHaveValue(`#${topic} `);
  await alive(page);
  await page.getByTestId("composer-title").fill(`A cup of ${topic.slice(-6)}`);
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(/\/posts\//);
  const post = new URL(page.url()).pathname;
  await expect(page.getByTestId("competes")).toHaveAttribute("data-state", "open");
  // Nobody votes for himself, and nobody who has just come.
  await expect(page.getByTestId("challenge-vote")).toHaveCount(0);
  const stranger = await (await browser.newContext({ baseURL, javaScriptEnabled })).newPage();
  await register(stranger);
  await stranger.goto(post);
  await alive(stranger);
  await stranger.getByTestId("challenge-vote").click();
  await expect(stranger.getByRole("alert").first()).toHaveAttribute("data-code", "challenge_too_new");
  await stranger.context().close();

  const voter = await (await browser.newContext({ baseURL, javaScriptEnabled })).newPage();
  await login(voter, "lei");
  await expect(voter).toHaveURL(/\/me$/);
  await voter.goto(post);
  await alive(voter);
  await voter.getByTestId("challenge-vote").click();
  await expect(voter.getByTestId("competes-votes")).toHaveText(/^1 /);
  await expect(voter.getByTestId("challenge-vote")).toHaveAttribute("aria-pressed", "true");
  await voter.goto(challenge);
  await expect(voter.getByTestId("entry")).toHaveAttribute("data-votes", "1");
  await expect(voter.getByTestId("challenge-left")).toHaveAttribute("data-count", "2");
  await voter.goto(post);
  await alive(voter);
  await voter.getByTestId("challenge-vote").click();
  await expect(voter.getByTestId("competes-votes")).toHaveText(/^0 /);
  await expect(voter.getByTestId("challenge-vote")).toHaveAttribute("aria-pressed", "false");
  await voter.context().close();

  await ops.goto("/admin/challenges");
  await alive(ops);
  const mine = ops.getByTestId("challenge").filter({ hasText: topic });
  const cancel = mine.locator("xpath=following-sibling::details[1]");
  await cancel.locator("summary").click();
  await cancel.getByTestId("challenge-cancel").click();
  await expect(mine).toHaveAttribute("data-state", "cancelled");
  await expect(async () => {
    await page.goto(challenge);
    await expect(page.getByTestId("challenge")).toHaveAttribute("data-state", "cancelled", { timeout: 500 });
  }).toPass();
  await ops.context().close();
});

test("a decided challenge shows who won, with the votes that anybody can count again", async ({ page }) => {
  await page.goto("/challenges");
  await alive(page);
  const decided = page.locator("[data-testid=challenge][data-state=decided]").filter({ hasText: "便当" });
  await decided.getByTestId("challenge-open").click();
  await expect(page.getByTestId("challenge-winner").first()).toBeVisible();
  const votes = Number(await page.getByTestId("challenge-winner").first().getAttribute("data-votes"));
  expect(votes).toBeGreaterThan(0);
  await expect(page.getByTestId("entry").first()).toHaveAttribute("data-votes", String(votes));
  await expect(page.getByTestId("entry").first()).toHaveAttribute("data-place", "1");
});
