// Makes the second folder equal to the first, touching only what differs.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const mirror = (from, to) => {
  mkdirSync(to, { recursive: true });
  const names = new Set(readdirSync(from));
  for (const name of readdirSync(to)) if (!names.has(name)) rmSync(join(to, name), { recursive: true });
  for (const name of names) {
    const [a, b] = [join(from, name), join(to, name)];
    if (statSync(a).isDirectory()) mirror(a, b);
    else if (!existsSync(b) || !readFileSync(a).equals(readFileSync(b))) writeFileSync(b, readFileSync(a));
  }
};
mirror(process.argv[2], process.argv[3]);
