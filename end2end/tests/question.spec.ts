import { alive, buyOne, expect, fresh, operator, receive, register, test } from "./shop";

test("somebody asks those who have a thing; its owner hears of it and answers, so does the shop, and an answer is taken back and reported", async ({ page, browser }) => {
  test.setTimeout(240_000);
  const script = test.info().project.use.javaScriptEnabled ?? true;
  const noise: string[] = [];
  const person = async () => {
    const page = await (await browser.newContext({ javaScriptEnabled: script })).newPage();
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && noise.push(message.text()));
    page.on("pageerror", (error) => noise.push(error.message));
    return page;
  };
  // Its owner: a thing that has just been received is the first to be asked about.
  const code = await buyOne(page, 10);
  const ops = await operator(browser);
  await receive(page, ops, code);
  const product = (await page.getByTestId("order-line").first().locator("a").getAttribute("href"))!;

  const asker = await person();
  await asker.goto(product);
  await alive(asker);
  await asker.getByTestId("questions-all").click();
  await expect(asker).toHaveURL(new RegExp(`${product}/questions`));
  await expect(asker.getByTestId("question-login")).toBeVisible();
  await register(asker);
  await asker.goto(`${product}/questions`);
  await alive(asker);
  // What must not be there is said, and what was typed stays.
  const mark = fresh();
  await asker.getByTestId("question-text").fill(`Write to me: vx tea_${mark}`);
  await asker.getByTestId("question-send").click();
  await expect(asker.getByRole("alert")).toHaveAttribute("data-code", "screen_contact");
  await expect(asker.getByTestId("question-text")).toHaveValue(`Write to me: vx tea_${mark}`);
  await alive(asker);
  await asker.getByTestId("question-text").fill(`Is <b>${mark}</b> heavy?`);
  await asker.getByTestId("question-send").click();
  await expect(asker).toHaveURL(/\/questions\//);
  const question = new URL(asker.url()).pathname;
  await expect(asker.getByTestId("question")).toContainText(`Is <b>${mark}</b> heavy?`);
  await expect(asker.getByTestId("answer-text")).toHaveCount(0);

  // A job tells some who have it.
  const notice = page.locator(`[data-testid=notice][data-kind=question_asked] a[href="${question}"]`);
  await expect(async () => {
    await page.goto("/inbox");
    await expect(notice).toHaveCount(1, { timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  await notice.click();
  await alive(page);
  await page.getByTestId("answer-text").fill(`As a feather, ${mark}`);
  await page.getByTestId("answer-send").click();
  const answers = page.getByTestId("answer");
  await expect(answers.filter({ hasText: `As a feather, ${mark}` })).toHaveAttribute("data-by", "owner");
  await ops.goto(question);
  await alive(ops);
  await ops.getByTestId("answer-text").fill("900 g with its box");
  await ops.getByTestId("answer-send").click();
  await expect(ops.locator("[data-testid=answer][data-by=shop]")).toHaveCount(1);
  await ops.context().close();
  await asker.goto("/inbox");
  await expect(asker.locator("[data-testid=notice][data-kind=question_answered]")).toHaveCount(1);

  // Everybody reads it; an answer can be reported, and its author takes it back.
  await asker.goto(`${product}/questions`);
  await expect(asker.getByTestId("question").filter({ hasText: mark })).toHaveAttribute("data-count", "2");
  await asker.goto(question);
  await alive(asker);
  await asker.getByTestId("answer").filter({ hasText: "feather" }).getByTestId("question-report").click();
  await expect(asker).toHaveURL(/\/report\/answer\//);
  await asker.context().close();
  await page.goto(question);
  await alive(page);
  await answers.filter({ hasText: "feather" }).getByTestId("question-delete").click();
  await expect(answers).toHaveCount(1);
  await page.goto(product);
  await expect(page.getByTestId("questions")).toHaveAttribute("data-count", /[1-9]/);

  // A question without answers leaves nothing when it is taken back.
  const other = await person();
  await register(other);
  await other.goto(`${product}/questions`);
  await alive(other);
  await other.getByTestId("question-text").fill(`Would you buy it again, ${mark}?`);
  await other.getByTestId("question-send").click();
  await expect(other).toHaveURL(/\/questions\//);
  await alive(other);
  await other.getByTestId("question-delete").click();
  await expect(other).toHaveURL(new RegExp(`${product}/questions`));
  await expect(other.getByTestId("question").filter({ hasText: `again, ${mark}` })).toHaveCount(0);
  await other.context().close();
  expect(noise).toEqual([]);
});
