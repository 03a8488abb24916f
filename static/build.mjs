// Builds everything that is served under /static/ into static/dist, which is
// committed: running Drumroll needs no node. `npm run build` must leave the
// tree unchanged after a commit; CI compares.
//
// Files name each other by plain relative names ("./confetti.js"); static/fs.go
// turns those into content-hashed names when it loads them.
import { build } from "esbuild";
import subsetFont from "subset-font";
import { copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "node_modules");
const dist = join(here, "dist");
const views = ["phone", "screen", "host", "start", "verify"];

// Browsers an audience still carries: nesting and the like are lowered to these.
const target = ["es2020", "chrome99", "firefox97", "safari15.4"];

async function exists(path) {
  return stat(path).then(() => true, () => false);
}

async function bundles() {
  const wanted = views.flatMap((v) => [join(here, "js", "src", `${v}.js`), join(here, "css", `${v}.css`)]);
  const entryPoints = [];
  for (const path of wanted) if (await exists(path)) entryPoints.push(path);
  const shared = {
    bundle: true, minify: true, target, charset: "utf8", legalComments: "inline",
    outdir: dist, entryNames: "[name]", absWorkingDir: here, logLevel: "warning", metafile: true,
  };
  const pages = await build({ ...shared, entryPoints, format: "esm", external: ["./confetti.js", "./check.js", "./beacon.js", "*.woff2"] });
  // Confetti is a separate chunk: only a winner's phone loads it.
  const party = await build({
    ...shared, format: "esm",
    entryPoints: [{ in: join(modules, "canvas-confetti/dist/confetti.module.mjs"), out: "confetti" }],
    banner: { js: "/*! canvas-confetti 1.9.4, ISC License, Copyright (c) 2020, Kiril Vatev */" },
  });
  // So are a phone's check of a draw, loaded when there is a draw, and the check of a
  // public beacon, which only some records need.
  const chunks = ["check.js", "beacon.js"].map((name) => join(here, "js", "src", name));
  const check = await build({ ...shared, format: "esm", entryPoints: chunks });
  return [pages, party, check].flatMap((b) => Object.keys(b.metafile.outputs)).map((path) => basename(path));
}

// The typeface is split in four, so that a phone loads only the letters it needs:
// core (ASCII without the seven signs \ ^ ` { | } ~, and our own punctuation), the
// accented letters of western Europe, the rest of both, Latin Extended. css/tokens.css
// repeats the ranges.
function charactersOf(...ranges) {
  let text = "";
  for (const [from, to] of ranges) for (let c = from; c <= to; c++) text += String.fromCodePoint(c);
  return text;
}

const core = charactersOf([0x20, 0x5b], [0x5d, 0x5d], [0x5f, 0x5f], [0x61, 0x7a]) + "\u00a0·×–—‘’“”…✓";
const letters = charactersOf([0xc0, 0xcb], [0xcd, 0xce], [0xd3, 0xd4], [0xdf, 0xef], [0xf1, 0xf6], [0xf8, 0xfc]) + "ÑÖØÚÜ";

async function fonts() {
  const family = join(modules, "@fontsource-variable/bricolage-grotesque");
  const latin = await readFile(join(family, "files/bricolage-grotesque-latin-wght-normal.woff2"));
  const extended = await readFile(join(family, "files/bricolage-grotesque-latin-ext-wght-normal.woff2"));
  const cut = (font, text) =>
    subsetFont(font, text, { targetFormat: "woff2", variationAxes: { wght: { min: 400, max: 800 } } });
  const rest = [...charactersOf([0x5c, 0x7e], [0xa1, 0xff], [0x131, 0x131], [0x152, 0x153], [0x2bb, 0x2dc], [0x2013, 0x2122])]
    .filter((c) => !(core + letters).includes(c)).join("");
  const files = {
    "bricolage.woff2": await cut(latin, core),
    "bricolage-letters.woff2": await cut(latin, letters),
    "bricolage-latin.woff2": await cut(latin, rest),
    "bricolage-ext.woff2": await cut(extended, charactersOf([0x100, 0x24f], [0x1e00, 0x1eff])),
    "bricolage-OFL.txt": await readFile(join(family, "LICENSE")),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(dist, name), bytes);
  return Object.keys(files);
}

async function icon() {
  await copyFile(join(here, "img", "favicon.svg"), join(dist, "favicon.svg"));
  return ["favicon.svg"];
}

// Files are replaced one by one and old ones removed last, so that a server that
// reads the folder during a build always finds each name.
await mkdir(dist, { recursive: true });
const built = new Set((await Promise.all([bundles(), fonts(), icon()])).flat());
for (const name of (await readdir(dist)).sort()) {
  const path = join(dist, name);
  if (!built.has(name)) {
    await rm(path, { recursive: true });
    continue;
  }
  const bytes = await readFile(path);
  console.log(`${name.padEnd(24)} ${String(bytes.length).padStart(7)} B  ${String(gzipSync(bytes, { level: 9 }).length).padStart(6)} gz`);
}
