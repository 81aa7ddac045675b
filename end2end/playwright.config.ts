// Every spec runs on SQLite and on PostgreSQL, with JavaScript and without, unless its name says `.hydrate.`.
import { defineConfig } from "@playwright/test";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const launchOptions = {
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
};
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "zh-CN", launchOptions };
const project = (engine: string, port: number, js: boolean) => ({
  name: `${engine}${js ? "" : "-nojs"}`,
  testIgnore: js ? [] : ["**/*.hydrate.spec.ts"],
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
