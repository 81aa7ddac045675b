// Starts one demo on SQLite and one on PostgreSQL; both end with the run, and must verify empty.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "@playwright/test";
import config from "./playwright.config.ts";

const root = join(import.meta.dirname, "..");
const tuanju = process.env.TUANJU_BIN ?? join(root, "target/release/tuanju");

/** A demo of its own, which has answered. */
export const demo = async (port: number, data: string, more: string[] = []) => {
  const args = ["demo", "--addr", `127.0.0.1:${port}`, "--data", data, "--limits-off", ...more];
  const child = spawn(tuanju, args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, TUANJU_LOG: "error" } });
  await ready(port, child);
  return child;
};

export const verify = (data: string, more: string[] = []) => execFileSync(tuanju, ["verify", "--data", data, ...more], { encoding: "utf8" }).trim();

/** A PostgreSQL of its own: its address, and how it ends. */
export const postgres = async () => {
  const child = spawn(join(root, "server/shop/tests/postgres.sh"), { stdio: ["pipe", "pipe", "inherit"] });
  const url = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout! }).once("line", done);
    child.once("exit", (code) => fail(new Error(`PostgreSQL did not run (${code})`)));
  });
  const end = async () => {
    child.stdin!.end();
    await new Promise((done) => child.once("exit", done));
  };
  return { url, end };
};

const ready = async (port: number, child: ChildProcess) => {
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) throw new Error(`the server on ${port} ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`the server on ${port} does not answer`);
};

export const stop = (child: ChildProcess) =>
  new Promise<void>((done) => {
    if (child.exitCode !== null) return done();
    child.once("exit", () => done());
    child.kill("SIGTERM");
  });

/** Logs the operators of a shop in, and keeps their sessions for all specs. */
const operators = async (port: number, data: string) => {
  const browser = await chromium.launch(config.projects![0].use!.launchOptions);
  for (const name of ["ops", "mod"]) {
    const context = await browser.newContext({ baseURL: `http://127.0.0.1:${port}`, javaScriptEnabled: false, locale: "zh-CN" });
    const page = await context.newPage();
    await page.goto("/login?next=/me");
    await page.getByTestId("login-name").fill(name);
    await page.getByTestId("login-password").fill("tuanju-demo");
    await page.getByTestId("login-submit").click();
    await page.getByTestId("factor-code").fill((await page.getByTestId("factor-demo").getAttribute("data-code"))!);
    await page.getByTestId("factor-submit").click();
    await page.waitForURL((url) => !url.pathname.startsWith("/login"));
    await context.storageState({ path: join(data, `${port}-${name}.json`) });
  }
  await browser.close();
};

export default async () => {
  const cluster = await postgres();
  const shops = [
    { port: 3201, data: mkdtempSync(join(tmpdir(), "tuanju-e2e-")), database: [] as string[] },
    { port: 3202, data: mkdtempSync(join(tmpdir(), "tuanju-e2e-")), database: ["--database", cluster.url] },
  ];
  const servers = await Promise.all(shops.map(({ port, data, database }) => demo(port, data, database)));
  process.env.TUANJU_OPERATORS = mkdtempSync(join(tmpdir(), "tuanju-operators-"));
  for (const { port } of shops) await operators(port, process.env.TUANJU_OPERATORS);
  return async () => {
    await Promise.all(servers.map(stop));
    for (const { data, database } of shops) {
      console.log("verify:", verify(data, database));
      rmSync(data, { recursive: true, force: true });
    }
    await cluster.end();
    rmSync(process.env.TUANJU_OPERATORS!, { recursive: true, force: true });
  };
};
