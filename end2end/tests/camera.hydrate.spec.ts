// A host goes live from the browser: over WebRTC, over a WebSocket where that does not get through, and to try it out.
import { alive, expect, openRoom, test } from "./shop";
import type { Browser, Page } from "@playwright/test";

const launch = () => test.info();
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({ ...launchOptions, args: [...(launchOptions.args ?? []), "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"] });
  },
  // What the browser thinks of the way in which sound is taken; and a session that was cut off with its room says so when it is ended.
  expectNoise: [/ScriptProcessorNode is deprecated|net::ERR_FAILED|status of 409 .*\/whip\//],
});

const room = async (host: Page) => {
  const code = await openRoom(host, "手机直播");
  await expect(host.getByTestId("camera")).toHaveAttribute("data-alive", "true");
  return code;
};

const opens = async (host: Page) => {
  await host.getByTestId("camera-open").click();
  await expect(host.getByTestId("camera")).toHaveAttribute("data-state", "ready", { timeout: 15_000 });
  await expect.poll(() => host.getByTestId("camera-video").evaluate((v: HTMLVideoElement) => v.videoWidth)).toBeGreaterThan(0);
};

/** A host may have five rooms open: each spec ends its own. The camera is off then. */
const ends = async (host: Page, code: string) => {
  const answer = await host.request.post("/api/live/end", { form: { code }, headers: { "sec-fetch-site": "same-origin" } });
  expect(answer.ok()).toBe(true);
  await expect(host.getByTestId("camera")).toHaveCount(0, { timeout: 20_000 });
};

/** Somebody watches: pictures move. */
const watches = async (browser: Browser, code: string) => {
  const viewer = await (await browser.newContext(launch().project.use)).newPage();
  const noise: string[] = [];
  viewer.on("console", (m) => m.type() === "error" && noise.push(m.text()));
  viewer.on("pageerror", (e) => noise.push(e.message));
  await viewer.goto(`/live/${code}`);
  await alive(viewer);
  const video = viewer.getByTestId("live-video");
  const frames = () => video.evaluate((v: HTMLVideoElement) => v.getVideoPlaybackQuality().totalVideoFrames);
  await expect.poll(frames, { timeout: 25_000 }).toBeGreaterThan(40);
  const heard = () => video.evaluate((v) => (v as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount);
  expect(await heard()).toBeGreaterThan(0);
  return { viewer, frames, leaves: async () => (expect(noise).toEqual([]), viewer.context().close()) };
};

test("a host goes live over WebRTC, is watched with sound, explains without being cut, and stops", async ({ page, browser }) => {
  test.setTimeout(150_000);
  const code = await room(page);
  await opens(page);
  const camera = page.getByTestId("camera");

  // To try it out: what arrives is measured, and nobody sees it.
  await page.getByTestId("camera-practise").click();
  await expect(camera).toHaveAttribute("data-state", "on", { timeout: 15_000 });
  await expect(camera).toHaveAttribute("data-way", "webrtc");
  await expect(page.getByTestId("studio-health")).toBeVisible({ timeout: 20_000 });
  expect((await page.request.get(`/hls/${code}/index.m3u8`)).status()).toBe(404);
  await expect(page.getByTestId("studio-state")).toHaveAttribute("data-state", "scheduled");
  await page.getByTestId("camera-pause").click();
  await expect(camera).toHaveAttribute("data-state", "ready");

  await page.getByTestId("camera-go").click();
  await expect(camera).toHaveAttribute("data-state", "on", { timeout: 15_000 });
  await expect(page.getByTestId("studio-state")).toHaveAttribute("data-state", "live", { timeout: 15_000 });
  const { viewer, frames, leaves } = await watches(browser, code);

  // The desk works beside it: nothing loads the page anew.
  const shelf = await (await page.request.get("/shop?sort=new&stock=1")).text();
  const slug = /href="\/p\/([^"?]+)/.exec(shelf)![1];
  await page.getByTestId("bag-slug").fill(slug);
  await page.getByTestId("bag-put").click();
  await expect(page.getByTestId("studio-item")).toHaveCount(1);
  await expect(page.getByTestId("bag-slug")).toHaveValue("");
  await page.getByTestId("explain").click();
  await expect(viewer.getByTestId("pinned-product")).toBeVisible();
  await expect(camera).toHaveAttribute("data-state", "on");

  await page.getByTestId("camera-mute").click();
  await expect(page.getByTestId("camera-mute")).toHaveAttribute("aria-pressed", "true");
  await page.getByTestId("camera-flip").click();
  const before = await frames();
  await expect.poll(frames, { timeout: 15_000 }).toBeGreaterThan(before + 40);

  await page.getByTestId("camera-pause").click();
  await expect(page.getByTestId("studio-state")).toHaveAttribute("data-state", "paused", { timeout: 15_000 });
  await page.getByTestId("camera-go").click();
  await expect(page.getByTestId("studio-state")).toHaveAttribute("data-state", "live", { timeout: 20_000 });
  const then = await frames();
  await expect.poll(frames, { timeout: 25_000 }).toBeGreaterThan(then + 30);
  await leaves();
  await ends(page, code);
});

test("where WebRTC does not get through, the same pictures go over a WebSocket; with an old key nothing does", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const code = await room(page);
  await page.route("**/whip/**", (route) => route.abort());
  await opens(page);
  const camera = page.getByTestId("camera");
  await page.getByTestId("camera-go").click();
  await expect(camera).toHaveAttribute("data-state", "on", { timeout: 20_000 });
  await expect(camera).toHaveAttribute("data-way", "socket");
  await expect(page.getByTestId("studio-state")).toHaveAttribute("data-state", "live", { timeout: 15_000 });
  const { leaves } = await watches(browser, code);
  await leaves();

  // Another page of the same host has the key changed.
  const other = await page.context().newPage();
  await other.goto(`/studio/${code}`);
  await other.getByTestId("stream-key-show").click();
  await other.getByTestId("stream-key-new").click();
  await expect(camera).toHaveAttribute("data-state", "ready", { timeout: 20_000 });
  await expect(page.getByTestId("camera-fault")).toHaveAttribute("data-code", "key");
  await other.close();
  await ends(page, code);
});

test("without leave to use the camera, the page says so and what to do", async ({ page }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  const code = await room(page);
  await page.getByTestId("camera-open").click();
  await expect(page.getByTestId("camera-fault")).toHaveAttribute("data-code", "denied");
  await expect(page.getByTestId("camera")).toHaveAttribute("data-state", "off");
  await ends(page, code);
});
