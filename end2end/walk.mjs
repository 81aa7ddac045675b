// A walk through a return with refund, as a buyer and the shop see it: seven pages side by side in one picture.
//   node walk.mjs OUT.jpg      (after `make build`)
import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const out = process.argv[2] ?? "walk.jpg";
const base = "http://127.0.0.1:3218";
const work = mkdtempSync(join(tmpdir(), "tuanju-walk-"));
const server = spawn("../target/release/tuanju", ["demo", "--addr", "127.0.0.1:3218", "--data", join(work, "data"), "--second-factor-off", "--limits-off"], { stdio: "ignore" });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const shots = [];

const person = async (name) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(`${base}/login?next=/me`);
  await page.getByTestId("login-name").fill(name);
  await page.getByTestId("login-password").fill("tuanju-demo");
  await page.getByTestId("login-submit").click();
  await page.waitForURL(/\/me/);
  return page;
};
const still = (page) => page.waitForLoadState("networkidle");
const shoot = async (page, what) => {
  await still(page);
  const file = join(work, `${shots.length}.png`);
  await page.screenshot({ path: file });
  shots.push([what, file]);
};

try {
  for (let i = 0; i < 100 && !(await fetch(`${base}/readyz`).catch(() => undefined))?.ok; i++) await new Promise((done) => setTimeout(done, 200));
  const mei = await person("mei");
  const ops = await person("ops");
  await mei.goto(`${base}/p/breathable-road-running-shoes?buy=single`);
  await still(mei);
  await mei.getByTestId("confirm").click();
  await mei.waitForURL(/checkout/);
  await still(mei);
  await mei.getByTestId("place-order").click();
  await mei.waitForURL(/sandbox\/pay/);
  await mei.getByTestId("sandbox-pay").click();
  await mei.waitForURL(/\/orders\//);
  const code = mei.url().split("/").pop();
  await ops.goto(`${base}/admin/orders?code=${code}`);
  await still(ops);
  await ops.getByTestId("ship").click();
  await still(ops);
  await mei.goto(`${base}/orders/${code}`);
  await still(mei);
  await mei.getByTestId("confirm-receipt").click();
  await mei.locator("[data-testid=order-status][data-state=delivered]").waitFor();
  await shoot(mei, "1 received");
  await mei.goto(`${base}/orders/${code}/return`);
  await still(mei);
  await mei.locator("details[data-kind=refund] summary").click();
  await mei.locator("details[data-kind=return] summary").click();
  const wish = mei.locator("details[data-kind=return]");
  await wish.getByTestId("wish-reason").selectOption("not_as_described");
  await wish.locator("input[name=text]").fill("The colour is another one.");
  await shoot(mei, "2 asks to return it");
  await wish.getByTestId("wish-submit").click();
  await mei.waitForURL(/\/cases\//);
  const own = mei.url();
  await still(mei);
  await mei.getByTestId("case-files").setInputFiles(shots[0][1]);
  await mei.getByTestId("case-upload").click();
  await mei.getByTestId("case-pictures").waitFor();
  await shoot(mei, "3 with a picture");
  await ops.goto(own.replace("/cases/", "/admin/cases/"));
  await still(ops);
  await ops.getByTestId("case-approve").click();
  await ops.locator("[data-testid=case-state][data-state=returning]").waitFor();
  await shoot(ops, "4 the shop agrees");
  await mei.goto(own);
  await still(mei);
  await mei.getByTestId("case-text").fill("SF1234567890");
  await mei.getByTestId("case-send").click();
  await mei.locator("[data-testid=case-state][data-state=sent]").waitFor();
  await shoot(mei, "5 sends it back");
  await ops.reload();
  await still(ops);
  await ops.getByTestId("case-approve").click();
  await ops.locator("[data-testid=case-state][data-state^=refund]").waitFor();
  for (let i = 0; i < 40; i++) {
    await mei.goto(`${base}/orders/${code}`);
    if ((await mei.getByTestId("order-status").getAttribute("data-state")) === "refunded") break;
    await mei.waitForTimeout(250);
  }
  await shoot(mei, "6 the money is back");
  await mei.goto(`${base}/inbox`);
  await shoot(mei, "7 what the inbox told");
  const sheet = await browser.newPage({ viewport: { width: shots.length * 210 + 10, height: 490 } });
  const page = join(work, "sheet.html");
  writeFileSync(page, `<body style="margin:10px;display:flex;gap:10px;background:#888;font:14px sans-serif;color:#fff">${shots.map(([what, file]) => `<div><div style="height:24px">${what}</div><img src="file://${file}" width=200></div>`).join("")}`);
  await sheet.goto(`file://${page}`);
  await sheet.screenshot({ path: out, type: "jpeg", quality: 72 });
  console.log(`${code}: ${shots.length} pages in ${out}`);
} finally {
  await browser.close();
  server.kill();
  rmSync(work, { recursive: true, force: true });
}
