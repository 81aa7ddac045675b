// From glass to glass: how long after it happened before the camera a viewer sees it, when he sees anything first, and when he sees
// again after the host was away for four seconds. The camera is a canvas whose first lines say the time; the viewer reads them.
import { chromium } from "../end2end/node_modules/@playwright/test/index.mjs";

const BITS = 42;
const SECONDS = Number(process.env.BENCH_GLASS ?? 20);

/** In the host's page: a camera that shows the time in stripes, and a tone. */
const camera = (bits) => {
  const stream = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
    const pen = canvas.getContext("2d");
    let n = 0;
    setInterval(() => {
      const now = Date.now().toString(2).padStart(bits, "0");
      pen.fillStyle = "#000";
      pen.fillRect(0, 0, 1280, 720);
      pen.fillStyle = "#fff";
      for (let i = 0; i < bits; i++) if (now[i] === "1") pen.fillRect((i * 1280) / bits, 0, 1280 / bits, 120);
      pen.fillStyle = "#c33";
      pen.fillRect((n++ * 9) % 1180, 400, 100, 100);
    }, 33);
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const out = sound.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    return new MediaStream([...canvas.captureStream(30).getVideoTracks(), ...out.stream.getAudioTracks()]);
  };
  navigator.mediaDevices.getUserMedia = async () => stream();
};

/** In the viewer's page: what the stripes say, ms; nothing when they cannot be read. */
const read = (bits) => {
  const video = document.querySelector("[data-testid=live-video]");
  if (!video?.videoWidth) return undefined;
  const canvas = (window.glass ??= Object.assign(document.createElement("canvas"), { width: bits * 8, height: 8 }));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 8, 0, 0, bits * 8, 8);
  const dots = pen.getImageData(0, 4, bits * 8, 1).data;
  let said = "";
  for (let i = 0; i < bits; i++) said += dots[(i * 8 + 4) * 4] > 127 ? "1" : "0";
  const at = parseInt(said, 2);
  return Math.abs(Date.now() - at) < 60_000 ? { at, late: Date.now() - at } : undefined;
};

const of = (all, share) => all.sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
/** Asks a page until it is so. */
const until = async (page, so, arg, most) => {
  for (const end = Date.now() + most; Date.now() < end; await wait(50)) if (await page.evaluate(so, arg)) return;
  throw new Error(`not within ${most} ms: ${so}`);
};

/** `base`: of a demo. Calls `show` with what was measured. */
export const glass = async (base, show) => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required"],
  });
  for (const way of ["webrtc", "socket"]) {
    const host = await (await browser.newContext({ baseURL: base })).newPage();
    await host.addInitScript(camera, BITS);
    if (way === "socket") await host.route("**/whip/**", (route) => route.abort());
    await host.goto("/login?next=/me");
    await host.getByTestId("login-name").fill("host");
    await host.getByTestId("login-password").fill("tuanju-demo");
    await host.getByTestId("login-submit").click();
    await host.waitForURL(/\/me$/);
    await host.goto("/live");
    await host.getByTestId("room-make").click();
    await host.getByTestId("room-title").fill(`Glass ${way}`);
    await host.getByTestId("room-open").click();
    await host.waitForURL(/\/studio\//);
    const code = host.url().split("/").pop();
    await host.getByTestId("camera-open").click();
    await host.getByTestId("camera-go").click();
    await host.locator(`[data-testid=camera][data-way=${way}]`).waitFor({ timeout: 20_000 });
    await host.locator("[data-testid=studio-state][data-state=live]").waitFor({ timeout: 20_000 });
    await wait(4_000);

    const joins = [];
    for (let i = 0; i < 5; i++) {
      const viewer = await (await browser.newContext({ baseURL: base })).newPage();
      const begun = Date.now();
      await viewer.goto(`/live/${code}`, { waitUntil: "commit" });
      await until(viewer, () => document.querySelector("[data-testid=live-video]")?.getVideoPlaybackQuality().totalVideoFrames > 0, undefined, 20_000);
      joins.push(Date.now() - begun);
      await viewer.context().close();
    }
    const viewer = await (await browser.newContext({ baseURL: base })).newPage();
    await viewer.goto(`/live/${code}`);
    await until(viewer, read, BITS, 20_000);
    await wait(2_000);
    await viewer.evaluate(() => {
      window.stalls = 0;
      document.querySelector("[data-testid=live-video]").addEventListener("waiting", () => window.stalls++);
    });
    const late = [];
    for (const end = Date.now() + SECONDS * 1000; Date.now() < end; await wait(150)) {
      const seen = await viewer.evaluate(read, BITS);
      if (seen) late.push(seen.late);
    }
    const stalls = await viewer.evaluate(() => window.stalls);
    const second = (ms) => (ms / 1000).toFixed(2);
    show(`camera to viewer by ${way}: half, 95th of ${late.length}; stalls in ${SECONDS} s`, `${second(of(late, 0.5))} s, ${second(of(late, 0.95))} s; ${stalls}`, "<= 2.5 s, <= 4 s");
    show(`a viewer comes in, by ${way}: first picture after (half, worst of five)`, `${second(of(joins, 0.5))} s, ${second(Math.max(...joins))} s`, "<= 2 s");

    await host.getByTestId("camera-pause").click();
    await wait(4_000);
    const begun = Date.now();
    await host.getByTestId("camera-go").click();
    for (let seen; Date.now() < begun + 40_000 && !(seen?.at > begun); await wait(100)) seen = await viewer.evaluate(read, BITS);
    show(`the host is back after four seconds, by ${way}: seen after`, `${second(Date.now() - begun)} s`, "<= 6 s");
    await host.request.post("/api/live/end", { form: { code }, headers: { "sec-fetch-site": "same-origin" } });
    await viewer.context().close();
    await host.context().close();
  }
  await browser.close();
};
