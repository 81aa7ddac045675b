import { alive, buyOne, expect, operator, register, test } from "./shop";

test("a buyer says what he thinks of what arrived, and says it better; the shop answers, and a reader finds it helpful", async ({ page, browser }) => {
  test.setTimeout(180_000);
  const code = await buyOne(page, 8);
  await page.goto(`/orders/${code}`);
  await expect(page.getByTestId("review-start")).toHaveCount(0);
  const ops = await operator(browser);
  await ops.goto(`/admin/orders?code=${code}`);
  await alive(ops);
  await ops.getByTestId("ship").click();
  await expect(ops.locator(`[data-testid=to-ship][data-order="${code}"]`)).toHaveCount(0);
  await page.goto(`/orders/${code}`);
  await alive(page);
  await page.getByTestId("confirm-receipt").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "delivered");
  await page.getByTestId("review-start").click();

  const line = page.getByTestId("to-review");
  await expect(line).toHaveAttribute("data-state", "open");
  await alive(page);
  const product = (await line.locator("a").first().getAttribute("href"))!;
  const text = `Crisp <b>and</b> "sweet" ${code}`;
  await line.getByTestId("stars-4").check();
  await line.locator("input[value=good_value]").check();
  await line.locator("input[value=good_quality]").check();
  await line.getByTestId("review-text").fill(text);
  await line.getByTestId("review-send").click();
  await expect(line).toHaveAttribute("data-state", "written");
  await expect(line).toContainText(text);

  // Nothing is no follow-up; the rest stays as it was typed.
  await alive(page);
  await line.getByTestId("review-follow-up").click();
  await line.getByTestId("follow-up-send").click();
  await expect(page.getByRole("alert")).toHaveAttribute("data-code", "text_needed");
  await alive(page);
  await line.getByTestId("review-follow-up").click();
  await line.getByTestId("follow-up-text").fill("Still good a week later");
  await line.getByTestId("follow-up-send").click();
  await expect(line).toContainText("Still good a week later");
  await expect(line.getByTestId("review-follow-up")).toHaveCount(0);
  await alive(page);
  await line.getByTestId("review-change").click();
  await expect(line.getByTestId("review-text")).toHaveValue(text);
  await expect(line.getByTestId("stars-4")).toBeChecked();
  await line.getByTestId("stars-5").check();
  await line.getByTestId("review-send").click();
  await expect(line.locator(".stars").first()).toHaveAttribute("aria-label", /5/);

  await ops.goto("/admin/reviews");
  await alive(ops);
  const unanswered = ops.locator("section.panel", { hasText: code });
  await unanswered.getByTestId("answer-text").fill("Thank you for the kind words");
  await unanswered.getByTestId("answer-send").click();
  await expect(ops.locator("section.panel", { hasText: code })).toHaveCount(0);
  await ops.context().close();
  await page.goto("/inbox");
  await expect(page.locator("[data-kind=review_answered]").first()).toBeVisible();

  const reader = await (await browser.newContext({ javaScriptEnabled: test.info().project.use.javaScriptEnabled ?? true })).newPage();
  await register(reader);
  await reader.goto(`${product}/reviews`);
  await alive(reader);
  const review = reader.getByTestId("review").filter({ hasText: code });
  await expect(review).toHaveAttribute("data-stars", "5");
  await expect(review).toContainText("Still good a week later");
  await expect(review).toContainText("Thank you for the kind words");
  await review.getByTestId("review-helpful").click();
  await expect(review.getByTestId("review-helpful")).toHaveAttribute("aria-pressed", "true");
  await expect(review.locator(".helpful")).toContainText("1");
  await reader.goto(product);
  await expect(reader.getByTestId("reviews")).toContainText(code);
  await expect(reader.getByTestId("review-summary")).toHaveAttribute("data-count", /[1-9]/);
  await reader.context().close();
});
