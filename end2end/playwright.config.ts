// Every spec runs on both engines, with JavaScript and without (unless its name says `.hydrate.`): with it on one, without it on the
// other, and the next spec the other way round. BROWSERS=all runs each of the four for each spec.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const launchOptions = {
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
};
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "zh-CN", launchOptions };
const specs = readdirSync(join(import.meta.dirname, "tests")).filter((name) => name.endsWith(".spec.ts"));
const runs = (engine: string, js: boolean) => (name: string) => {
  if (name.includes(".hydrate.")) return js && (process.env.BROWSERS === "all" || half(name) === (engine === "sqlite"));
  return process.env.BROWSERS === "all" || half(name) === (js === (engine === "sqlite"));
};
/** By the name alone, so that a spec stays where it is when another one comes. */
const half = (name: string) => [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 2 === 0;
const project = (engine: string, port: number, js: boolean) => ({
  name: `${engine}${js ? "" : "-nojs"}`,
  testMatch: specs.filter(runs(engine, js)).map((name) => `**/${name}`),
  use: { ...phone, baseURL: `http://127.0.0.1:${port}`, javaScriptEnabled: js },
});

export default defineConfig({
  testDir: "tests",
  globalSetup: "./servers.ts",
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  projects: [project("sqlite", 3201, true), project("sqlite", 3201, false), project("postgres", 3202, true), project("postgres", 3202, false)],
});
