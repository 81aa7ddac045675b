// An open page of a live room: it hears by itself, and goes on where it was after its line was cut.
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { alive, expect, register, test } from "./shop";

/** A line to the shop that can be cut: what a browser calls offline leaves open lines as they are. */
const line = async (to: string) => {
  const port = Number(new URL(to).port);
  const open = new Set<Socket>();
  let cut = false;
  const server = createServer((near) => {
    near.on("error", () => undefined);
    if (cut) return near.destroy();
    const far = connect(port, "127.0.0.1");
    far.on("error", () => undefined);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("close", () => (open.delete(socket), near.destroy(), far.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const turn = (off: boolean) => {
    cut = off;
    if (off) open.forEach((socket) => socket.destroy());
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, turn, end: () => (turn(true), server.close()) };
};

/** The demo's own room: others come and go. */
const on = async (html: string) => /href="\/live\/([^"?]+)"[^>]*>(?:(?!<\/a>).)*团团的晚间好物/.exec(html)![1];

test.describe("a line that is cut", () => {
// Whoever was away for long asks for what the shop no longer holds, and then for the list.
test.use({ expectNoise: [/net::ERR_|404 \(Not Found\) \S*\/hls\//] });
test("whoever loses the line for a while has every line once and in order when it is back", async ({ page, browser, baseURL }) => {
  test.setTimeout(90_000);
  const code = await on(await (await page.request.get("/live")).text());
  const wire = await line(baseURL!);
  await page.goto(`${wire.url}/live/${code}`);
  await alive(page);
  const other = await (await browser.newContext(test.info().project.use)).newPage();
  await register(other);
  await other.goto(`/live/${code}`);
  const say = async (text: string) => {
    await other.getByTestId("chat-input").fill(text);
    await other.getByTestId("chat-send").click();
    await expect(other.getByTestId("chat-line").filter({ hasText: text })).toHaveCount(1);
  };
  const name = `k${Date.now() % 100000}`;
  await say(`${name}-1`);
  await expect(page.getByTestId("chat-line").filter({ hasText: `${name}-1` })).toHaveCount(1, { timeout: 3_000 });
  wire.turn(true);
  await say(`${name}-2`);
  await other.waitForTimeout(2_100);
  await say(`${name}-3`);
  await expect(page.getByTestId("chat-line").filter({ hasText: `${name}-2` })).toHaveCount(0);
  wire.turn(false);
  await expect(page.getByTestId("chat-line").filter({ hasText: `${name}-3` })).toHaveCount(1, { timeout: 20_000 });
  await expect(page.getByTestId("chat-line").filter({ hasText: `${name}-2` })).toHaveCount(1);
  const seqs = await page.locator(".room-chat li[data-seq]").evaluateAll((all) => all.map((e) => Number(e.getAttribute("data-seq"))));
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  expect(new Set(seqs).size).toBe(seqs.length);
  for (let i = 1; i < seqs.length; i++) expect(seqs[i]).toBe(seqs[i - 1] + 1);
  const frames = () => page.getByTestId("live-video").evaluate((v: HTMLVideoElement) => v.getVideoPlaybackQuality().totalVideoFrames);
  const before = await frames();
  await expect.poll(frames, { timeout: 20_000 }).toBeGreaterThan(before + 20);
  await other.context().close();
  await page.close();
  wire.end();
});
});

test("those who watch are counted, and the picture of the demo's room moves with sound that can be turned on", async ({ page }) => {
  const code = await on(await (await page.request.get("/live")).text());
  await page.goto(`/live/${code}`);
  await alive(page);
  await expect.poll(async () => Number(await page.getByTestId("viewer-count").getAttribute("data-count")), { timeout: 15_000 }).toBeGreaterThan(0);
  const video = page.getByTestId("live-video");
  const frames = () => video.evaluate((v: HTMLVideoElement) => v.getVideoPlaybackQuality().totalVideoFrames);
  await expect.poll(frames, { timeout: 20_000 }).toBeGreaterThan(25);
  const behind = await video.evaluate((v: HTMLVideoElement) => v.buffered.end(v.buffered.length - 1) - v.currentTime);
  expect(behind).toBeLessThan(8);
  expect(await video.evaluate((v: HTMLVideoElement) => v.muted)).toBe(true);
  await page.getByTestId("room-sound").click();
  expect(await video.evaluate((v: HTMLVideoElement) => v.muted)).toBe(false);
  // Only the picture, and everything again.
  await page.getByTestId("room-bare").click();
  await expect(page.getByTestId("chat-input")).toBeHidden();
  await page.getByTestId("room-bare").click();
  await expect(page.getByTestId("room-bare")).toHaveAttribute("aria-pressed", "false");
  await expect(page.locator(".room-bar")).toBeVisible();
});

test("what was said comes along when a room is seen again, forwards and backwards", async ({ page }) => {
  const html = await (await page.request.get("/live")).text();
  const code = /href="\/live\/([^"?]+)"[^>]*>(?:(?!<\/a>).)*早餐和跑步/.exec(html)![1];
  await page.goto(`/live/${code}`);
  await alive(page);
  const video = page.getByTestId("live-video");
  await expect.poll(() => video.evaluate((v: HTMLVideoElement) => v.readyState), { timeout: 20_000 }).toBeGreaterThan(2);
  const goes = (second: number) => video.evaluate((v: HTMLVideoElement, at) => ((v.currentTime = at), v.pause()), second);
  const asked = page.getByTestId("chat-line").filter({ hasText: "鞋子轻不轻" });
  await goes(3);
  await expect(asked).toHaveCount(0);
  await expect(page.locator('[data-testid="room-line"][data-kind="explains"]')).toHaveCount(1);
  // What was explained then is shown then, and leads to where it can be bought now.
  const card = page.getByTestId("pinned-product");
  await expect(card).toHaveAttribute("data-place", "1");
  await goes(10);
  await expect(card).toHaveAttribute("data-place", "3");
  await expect(page.getByTestId("pinned-see")).toHaveAttribute("href", "/p/blue-linen-midi-dress");
  await expect(asked).toHaveCount(1);
  await expect(page.getByTestId("chat-line").filter({ hasText: "两百克" })).toHaveCount(1);
  await goes(3);
  await expect(asked).toHaveCount(0);
});

test("whoever reads what was said before stays there, and is told how much is new; a tap on the picture is a heart", async ({ page, browser }) => {
  const other = await (await browser.newContext({ ...test.info().project.use })).newPage();
  await register(other);
  await page.goto("/live");
  await alive(page);
  const room = (await page.getByTestId("live-card").filter({ hasText: "团团的晚间好物" }).getAttribute("href"))!;
  for (const who of [page, other]) {
    await who.goto(room);
    await alive(who);
  }
  const chat = page.locator(".room-chat");
  await chat.evaluate((c) => c.scrollTo(0, -200));
  await expect.poll(() => chat.evaluate((c) => c.scrollTop)).toBeLessThan(-40);
  await expect(page.getByTestId("chat-newer")).toBeHidden();
  await other.getByTestId("chat-input").fill("晚上好");
  await other.getByTestId("chat-send").click();
  await expect(page.getByTestId("chat-newer")).toBeVisible();
  expect(Number(await page.getByTestId("chat-newer").getAttribute("data-count"))).toBeGreaterThanOrEqual(1);
  expect(await chat.evaluate((c) => c.scrollTop)).toBeLessThan(-40);
  await page.getByTestId("chat-newer").click();
  await expect.poll(() => chat.evaluate((c) => c.scrollTop)).toBe(0);
  await expect(page.getByTestId("chat-newer")).toBeHidden();
  const told = page.waitForRequest((r) => r.url().includes("/api/live/heart"));
  await page.getByTestId("live-video").click({ position: { x: 350, y: 330 } });
  expect((await told).postData()).toContain("many=1");
  const plain = page.waitForRequest((r) => r.url().includes("/api/live/heart"), { timeout: 3_000 }).catch(() => null);
  await page.getByTestId("room-pause").click();
  expect(await plain, "a button is no heart").toBeNull();
  await other.context().close();
});
