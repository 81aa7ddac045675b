// What the first view weighs over the wire (brotli), page by page; fails above the budget.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BUDGET = { code: Number(process.env.TUANJU_CODE_BUDGET ?? 221), css: 20, html: 15 };
const pkg = "target/site/pkg";
const size = (name) => statSync(existsSync(`${pkg}/${name}.br`) ? `${pkg}/${name}.br` : `${pkg}/${name}`).size / 1024;
const manifest = JSON.parse(readFileSync(`${pkg}/__wasm_split_manifest.json`, "utf8"));
const shell = size("tuanju.wasm") + size("tuanju.js") + size("__wasm_split.______________________.js");
let failed = 0;
const check = (what, kb, most) => {
  const over = kb > most;
  console.log(`${over ? "OVER" : "ok  "} ${what}: ${kb.toFixed(1)} KB (budget ${most})`);
  failed += over;
};
for (const [part, chunks] of Object.entries(manifest)) {
  const kb = shell + chunks.reduce((sum, chunk) => sum + size(`${chunk}.wasm`), 0);
  const name = part.replace(/_\d+$/, "");
  // The budget is for the page where people come in; the others are loaded later, and are printed.
  if (name.includes("come_in")) check(`glue and wasm of ${name}`, kb, BUDGET.code);
  else console.log(`     glue and wasm of ${name}: ${kb.toFixed(1)} KB`);
}
check("style", size("tuanju.css"), BUDGET.css);

const data = mkdtempSync(join(tmpdir(), "tuanju-weight-"));
const server = spawn("target/release/tuanju", ["demo", "--addr", "127.0.0.1:3209", "--data", data], { stdio: "ignore" });
try {
  for (let i = 0; i < 100; i++) {
    if ((await fetch("http://127.0.0.1:3209/readyz").catch(() => undefined))?.ok) break;
    await new Promise((done) => setTimeout(done, 200));
  }
  for (const path of ["/", "/shop", "/p/breathable-road-running-shoes"]) {
    const bytes = execFileSync("curl", ["-s", "-H", "accept-encoding: br", `http://127.0.0.1:3209${path}`], { maxBuffer: 1 << 24 });
    check(`HTML of ${path}`, bytes.length / 1024, BUDGET.html);
  }
} finally {
  server.kill("SIGTERM");
  await new Promise((done) => server.once("exit", done));
  rmSync(data, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
