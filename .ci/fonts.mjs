// Makes the font of preview pictures: what GB 2312 and the first level of Big5 write, Latin, and signs, out of Noto Sans SC (OFL 1.1).
// Usage: fonts.mjs OUT CACHE
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(new URL("../end2end/package.json", import.meta.url));
const source = join(new URL("../end2end/node_modules/@expo-google-fonts/noto-sans-sc", import.meta.url).pathname, "500Medium/NotoSansSC_500Medium.ttf");
const [out, cache] = process.argv.slice(2);

const text = () => {
  const all = new Set();
  const table = (name, rows, columns) => {
    const decoder = new TextDecoder(name);
    for (const row of rows) for (const column of columns) for (const c of decoder.decode(Uint8Array.of(row, column))) if (c !== "\ufffd" && c > "\u007f") all.add(c);
  };
  const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  table("gbk", range(0xa1, 0xf7), range(0xa1, 0xfe));
  table("big5", range(0xa4, 0xc6), [...range(0x40, 0x7e), ...range(0xa1, 0xfe)]);
  for (const c of range(0x20, 0x17f)) all.add(String.fromCodePoint(c));
  for (const c of "¥€£–—…“”‘’·•、。「」『』【】《》〈〉！？，：；（）％＋－／～×÷°№™®©") all.add(c);
  return [...all].join("");
};

const wanted = text();
const mark = createHash("sha256").update(readFileSync(source)).update(wanted).digest("hex").slice(0, 16);
const kept = join(cache, `card-font-${mark}.ttf`);
if (!existsSync(kept)) {
  const { default: subset } = await import(require.resolve("subset-font"));
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${kept}.part`, await subset(readFileSync(source), wanted, { targetFormat: "sfnt" }));
  renameSync(`${kept}.part`, kept);
}
copyFileSync(kept, out);
