import { alive, expect, register, test } from "./shop";
import type { Browser } from "@playwright/test";

test.use({ expectNoise: [/status of 422/] });

/** A film as a browser records it: 360 x 640, some frames of colour. */
const film = async (browser: Browser, seconds: number) => {
  const page = await (await browser.newContext({ javaScriptEnabled: true })).newPage();
  const bytes = await page.evaluate(async (seconds) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 360, height: 640 });
    const paper = canvas.getContext("2d")!;
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
    const parts: Blob[] = [];
    recorder.ondataavailable = (e) => parts.push(e.data);
    const ended = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    const until = performance.now() + seconds * 1000;
    for (let n = 0; performance.now() < until; n++) {
      paper.fillStyle = `hsl(${n * 9} 70% 60%)`;
      paper.fillRect(0, 0, 360, 640);
      await new Promise((next) => setTimeout(next, 40));
    }
    recorder.stop();
    await ended;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  }, seconds);
  await page.context().close();
  return { name: "tea.webm", mimeType: "video/webm", buffer: Buffer.from(bytes) };
};

test("a post shows a film that plays from any place, one at most, and what is no film loses nothing", async ({ page, browser, javaScriptEnabled }) => {
  test.setTimeout(120_000);
  await register(page);
  await page.goto("/new");
  await alive(page);
  await page.getByTestId("composer-title").fill("一段短视频");
  await page.getByTestId("composer-body").fill("冲茶的样子");
  const lie = { name: "lie.mp4", mimeType: "video/mp4", buffer: Buffer.from("<!doctype html><script>alert(1)</script>") };
  await page.getByTestId("composer-video").setInputFiles(lie);
  if (!javaScriptEnabled) await page.getByTestId("composer-save").click();
  await expect(javaScriptEnabled ? page.getByTestId("composer-going").getByRole("alert") : page.getByRole("alert")).toHaveAttribute("data-code", "video_form");
  if (javaScriptEnabled) await page.getByTestId("composer-going").getByRole("button").last().click();
  await alive(page);
  await expect(page.getByTestId("composer-title")).toHaveValue("一段短视频");
  await page.getByTestId("composer-video").setInputFiles(await film(browser, 2));
  if (!javaScriptEnabled) await page.getByTestId("composer-save").click();
  await expect(page.getByTestId("composer-picture").locator(".moves")).toHaveCount(1);
  await alive(page);
  // There is room for one; it is taken away, and another one is brought.
  await expect(page.getByTestId("composer-video")).toBeHidden();
  await page.getByTestId("picture-away").click();
  await expect(page.getByTestId("composer-picture")).toHaveCount(0);
  await alive(page);
  await expect(page.getByTestId("composer-title")).toHaveValue("一段短视频");
  await page.getByTestId("composer-video").setInputFiles(await film(browser, 2));
  if (!javaScriptEnabled) await page.getByTestId("composer-save").click();
  await expect(page.getByTestId("composer-picture").locator(".moves")).toHaveCount(1);
  // The browser brought a frame of it; without scripts one is drawn as high and wide.
  await expect(page.getByTestId("composer-picture").locator("img")).toHaveAttribute("width", javaScriptEnabled ? "360" : "607");
  await alive(page);
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(/\/posts\/\w+$/);
  await alive(page);
  const video = page.getByTestId("video");
  await expect(video).toBeVisible();
  const source = (await video.getAttribute("src"))!;
  const part = await page.request.get(source, { headers: { range: "bytes=0-3" } });
  expect(part.status()).toBe(206);
  expect(part.headers()["content-type"]).toBe("video/webm");
  expect((await part.body()).toString("hex")).toBe("1a45dfa3");
  expect((await page.request.get((await video.getAttribute("poster"))!)).ok()).toBeTruthy();
  if (javaScriptEnabled) {
    await video.evaluate(async (v: HTMLVideoElement) => {
      v.muted = true;
      await v.play();
    });
    await expect.poll(() => video.evaluate((v: HTMLVideoElement) => v.currentTime)).toBeGreaterThan(0.3);
    expect(await video.evaluate((v: HTMLVideoElement) => [v.videoWidth, v.videoHeight])).toEqual([360, 640]);
  }
  // Whoever is not to see the post does not see its film.
  const path = new URL(page.url()).pathname;
  await page.getByTestId("post-edit").click();
  await alive(page);
  await page.locator("select[name=visibility]").selectOption("private");
  await page.getByTestId("composer-publish").click();
  await expect(page).toHaveURL(new RegExp(`${path}$`));
  expect((await page.request.get(source)).status()).toBe(200);
  const other = await browser.newContext();
  expect((await other.request.get(new URL(source, page.url()).href)).status()).toBe(404);
});
