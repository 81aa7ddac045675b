// Writes the brotli of every file that gains by it, and prints what the first view weighs.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { createHash } from "node:crypto";
import { mkdirSync, existsSync, copyFileSync } from "node:fs";
import { join } from "node:path";

const dir = process.argv[2];
const kept = join(process.env.TUANJU_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME, ".cache"), "tuanju"), "brotli");
mkdirSync(kept, { recursive: true });
const sizes = {};
for (const name of readdirSync(dir)) {
  const path = join(dir, name);
  const raw = readFileSync(path);
  const copy = join(kept, createHash("sha256").update(raw).digest("hex"));
  if (!existsSync(copy)) {
    writeFileSync(copy, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } }));
  }
  const packed = readFileSync(copy);
  sizes[name] = packed.length;
  if (packed.length < raw.length) copyFileSync(copy, `${path}.br`);
}
const kb = (n) => `${(n / 1024).toFixed(1)} KB`;
const glue = sizes["tuanju.js"] + (sizes["__wasm_split.______________________.js"] ?? 0);
console.log(`brotli: shell wasm ${kb(sizes["tuanju.wasm"])}, glue ${kb(glue)}, css ${kb(sizes["tuanju.css"])}, icons ${kb(sizes["icons.svg"])}`);
const chunks = Object.entries(sizes).filter(([n]) => n.endsWith(".wasm") && n !== "tuanju.wasm").sort((a, b) => b[1] - a[1]);
for (const [name, size] of chunks) console.log(`  ${kb(size).padStart(9)}  ${name}`);
