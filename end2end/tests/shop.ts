// What every spec starts from: a page that fails on any console error, and hands to work the shop.
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { test as base, expect, type Browser, type Page } from "@playwright/test";

export const test = base.extend<{ noise: string[]; expectNoise: RegExp[]; shared: boolean }>({
  expectNoise: [[], { option: true }],
  // Whether the spec looks at lists in which posts of other specs stand, which those take down as they like.
  shared: [false, { option: true }],
  noise: [
    async ({ page, expectNoise, shared }, use) => {
      const noise: string[] = [];
      const missing: { picture: string; on: string }[] = [];
      page.on("console", (message) => {
        if (!["error", "warning"].includes(message.type())) return;
        const { url } = message.location();
        const picture = shared && /\b404\b/.test(message.text()) && /\/media\/([0-9a-f]{32})\//.exec(url)?.[1];
        if (picture) missing.push({ picture, on: page.url() });
        else noise.push(`${message.type()}: ${message.text()} ${url}`);
      });
      page.on("pageerror", (error) => noise.push(`uncaught: ${error.message}`));
      await use(noise);
      // A post that was taken down between a page and its pictures: the page shows it no more.
      for (const { picture, on } of missing) {
        await expect.poll(async () => (await (await page.request.get(on)).text()).includes(picture), `${picture} on ${on}`).toBe(false);
      }
      if (test.info().project.use.javaScriptEnabled === false) expectNoise = [...expectNoise, /preloaded using link preload but not used/];
      expect(noise.filter((line) => !expectNoise.some((e) => e.test(line)))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Where the run keeps an operator's session. */
export const operatorState = (port: string | number, name: string) => join(process.env.TUANJU_OPERATORS!, `${port}-${name}.json`);

let next = 0;
/** A name that nobody has yet. */
export const fresh = () => `t${process.pid.toString(36)}${Date.now().toString(36)}${next++}`.slice(0, 24);

/** Waits until the page is alive, when it has scripts. */
export const alive = async (page: Page) => {
  if (test.info().project.use.javaScriptEnabled === false) return;
  // A live room never stops to load.
  if (/\/live\/\w+(\?|#|$)/.test(page.url())) await expect(page.getByTestId("room")).toHaveAttribute("data-alive", "yes");
  else await page.waitForLoadState("networkidle");
};

export const register = async (page: Page, name = fresh()) => {
  await page.goto("/register?next=/me");
  await page.getByTestId("register-name").fill(name);
  await page.getByTestId("register-password").fill("a long password");
  await page.getByTestId("register-submit").click();
  await expect(page).toHaveURL(/\/me$/);
  return name;
};

export const login = async (page: Page, name: string, password = "tuanju-demo") => {
  await page.goto("/login?next=/me");
  await page.getByTestId("login-name").fill(name);
  await page.getByTestId("login-password").fill(password);
  await page.getByTestId("login-submit").click();
};

export const fillAddress = async (page: Page) => {
  const field = (name: string) => page.locator(`input[name=${name}]`);
  await field("recipient").fill("王小美");
  await field("phone").fill("13800138000");
  await field("province").fill("云南省");
  await field("city").fill("昆明市");
  await field("district").fill("五华区");
  await field("line").fill("翠湖南路 12 号");
  await page.getByTestId("address-save").click();
};

/** An operator's page, of the session that began with the run: a code of the second factor is good once in half a minute. */
export const operator = async (browser: Browser, name = "ops"): Promise<Page> => {
  const port = new URL(test.info().project.use.baseURL!).port;
  return (await browser.newContext({ storageState: operatorState(port, name) })).newPage();
};

/** An order of one thing by somebody new, up to the cashier. */
export const orderOne = async (page: Page, nth: number) => {
  await register(page);
  await page.goto("/addresses");
  await alive(page);
  await fillAddress(page);
  await page.goto("/shop?sort=new&stock=1");
  await alive(page);
  await page.getByTestId("product-card").nth(nth).click();
  await alive(page);
  await page.getByTestId("buy-single").click();
  await page.getByTestId("confirm").click();
  await expect(page).toHaveURL(/\/checkout/);
  await alive(page);
  await page.getByTestId("place-order").click();
  await expect(page).toHaveURL(/\/sandbox\/pay\//);
};

/** A paid order of one thing by somebody new; answers its code. */
export const buyOne = async (page: Page, nth: number): Promise<string> => {
  await orderOne(page, nth);
  await page.getByTestId("sandbox-pay").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "paid");
  return page.url().split("/").pop()!;
};

/** Somebody of the shop sends an order, and its buyer says that it has arrived. */
export const receive = async (page: Page, ops: Page, code: string) => {
  await ops.goto(`/admin/orders?code=${code}`);
  await alive(ops);
  await ops.getByTestId("ship").click();
  await expect(ops.locator(`[data-testid=to-ship][data-order="${code}"]`)).toHaveCount(0);
  await page.goto(`/orders/${code}`);
  await alive(page);
  await page.getByTestId("confirm-receipt").click();
  await expect(page.getByTestId("order-status")).toHaveAttribute("data-state", "delivered");
};

/** Whether the pages of this project run scripts. */
export const scripts = () => test.info().project.use.javaScriptEnabled !== false;

/** Somebody else's page. */
export const another = async (browser: Browser) => (await browser.newContext({ ...test.info().project.use })).newPage();

/** A page that hears by itself, or is asked for again, until it is so. */
export const becomes = (page: Page, so: () => Promise<void>, timeout = 20_000) =>
  expect(async () => {
    if (!scripts()) await page.reload();
    await so();
  }).toPass({ timeout, intervals: [500] });

/** The demo's moving picture. */
export const film = join(import.meta.dirname, "../../server/src/demo/loop.flv");

/** The demo's host opens a room, and is in its studio; answers its code. */
export const openRoom = async (host: Page, title: string) => {
  await login(host, "host");
  await host.waitForURL(/\/me$/);
  await host.goto("/live");
  await alive(host);
  await host.getByTestId("room-make").click();
  await host.getByTestId("room-title").fill(`${title} ${Date.now() % 10000}`);
  await host.getByTestId("room-open").click();
  await expect(host).toHaveURL(/\/studio\//);
  await alive(host);
  return host.url().split("/").pop()!;
};

/** An encoder that sends to where the studio says, until it is stopped. */
export const sends = async (studio: Page): Promise<ChildProcess> => {
  const server = (await studio.getByTestId("stream-server").getAttribute("value"))!;
  const key = (await studio.getByTestId("stream-key").getAttribute("value"))!;
  return spawn("ffmpeg", ["-loglevel", "error", "-re", "-stream_loop", "-1", "-i", film, "-c", "copy", "-f", "flv", `${server}/${key}`], { stdio: "ignore" });
};
