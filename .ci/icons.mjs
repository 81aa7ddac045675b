// Makes the sprite of the icons that the pages name, and the table of drawn objects that the demo names.
import { readFileSync, readdirSync, writeFileSync, statSync } from "node:fs";
import { join } from "node:path";

const out = process.argv[2];
const modules = "end2end/node_modules";

const sources = (dir) =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? sources(path) : path.endsWith(".rs") ? [readFileSync(path, "utf8")] : [];
  });
const app = sources("app/src").join("\n");
const known = new Set(readdirSync(`${modules}/lucide-static/icons`).map((n) => n.replace(".svg", "")));
const literal = new Set([...app.matchAll(/Icon name="([a-z0-9-]+)"/g)].map((m) => m[1]));
for (const name of literal) if (!known.has(name)) throw new Error(`no icon ${name}`);
const extra = ["users", "share-2", "trash-2", "house", "store", "shopping-cart", "package", "circle-user", "map-pin", "settings", "minus", "plus", "heart", "bookmark", "square-pen", "star", "chevron-left", "x", "flag", "chart-column", "sparkles", "check", "crop", "video", "volume-x", "volume-2", "ticket-percent"];
const names = [...new Set([...literal, ...extra])].filter((n) => known.has(n)).sort();
const symbols = names.map((name) => {
  const svg = readFileSync(`${modules}/lucide-static/icons/${name}.svg`, "utf8");
  const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
});
writeFileSync(`${out}/pkg/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);

const wanted = new Set(["blueberries", "basket"]);
for (const file of readdirSync("server/demo/catalog")) {
  for (const product of JSON.parse(readFileSync(`server/demo/catalog/${file}`, "utf8"))) {
    [product.icon, ...product.more_icons].forEach((icon) => wanted.add(icon));
  }
}
for (const [, icon] of readFileSync("server/src/demo.rs", "utf8").matchAll(/category!\("[a-z-]+", \[[^\]]*\], \d+, "([a-z-]+)"/g)) wanted.add(icon);
const fluent = JSON.parse(readFileSync(`${modules}/@iconify-json/fluent-emoji/icons.json`, "utf8"));
const table = {};
for (const name of [...wanted].sort()) {
  const icon = fluent.icons[name] ?? fluent.icons[fluent.aliases?.[name]?.parent];
  if (!icon) throw new Error(`no drawing of ${name}`);
  table[name] = icon.body;
}
writeFileSync(`${out}/fluent.json`, JSON.stringify(table));
console.log(`${names.length} icons, ${Object.keys(table).length} drawings`);
