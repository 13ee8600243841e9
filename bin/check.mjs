// Checks every page module and template without a browser: syntax, imports that lead somewhere,
// and the things that our content security policy would refuse at run time.
// Prints one line for each fault; exit code 1 when there is one.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const STATIC = join(ROOT, "dashboards", "static");
const MANIFEST = join(STATIC, "vendor", "manifest.json");
const IMPORT = /(?<![\w$.])(?:import|export)\s*(?:[\w*{}\s,$]+?from\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;
const IN_SCRIPTS = [
  [/\.(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write\b/, "builds HTML from text; use textContent or elements"],
  [/\beval\s*\(|\bnew\s+Function\s*\(/, "evaluates text; the policy refuses it"],
  [/["'`]https?:\/\/(?!www\.w3\.org\/|localhost\b|127\.0\.0\.1\b)/, "names a foreign host"],
];
const IN_TEMPLATES = [
  [/<[a-z][^>]*\son[a-z]+\s*=/i, "has an inline handler; the policy refuses it"],
  [/<[a-z][^>]*\sstyle\s*=/i, "has an inline style; the policy refuses it"],
  [/<(?:script|style)(?![^>]*(?:\bnonce=|\bsrc=|type="application\/json"))[^>]*>/i, "has a script or style without nonce"],
  [/(?:src|href|action)\s*=\s*["']https?:\/\//i, "names a foreign host"],
];

const faults = [];

function* files(folder, suffixes) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "vendor") yield* files(path, suffixes);
    } else if (suffixes.some((suffix) => entry.name.endsWith(suffix))) yield path;
  }
}

function fault(path, text, offset, sentence) {
  const line = text.slice(0, offset).split("\n").length;
  faults.push(`${relative(ROOT, path)}:${line}: ${sentence}`);
}

function check(path, text, rules) {
  for (const [pattern, sentence] of rules) {
    for (const found of text.matchAll(new RegExp(pattern, pattern.flags + "g"))) {
      fault(path, text, found.index, sentence);
    }
  }
}

/** The script with its comments blanked out, so that a comment may speak of what is not allowed. */
function withoutComments(text) {
  const blank = (comment) => comment.replace(/[^\n]/g, " ");
  return text.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/(^|\s)\/\/[^\n]*/g, blank);
}

function checkImports(path, text, known) {
  for (const found of text.matchAll(IMPORT)) {
    const name = found[1] ?? found[2];
    const leads = name.startsWith(".") ? existsSync(resolve(dirname(path), name))
      : name.startsWith("/static/") ? existsSync(join(STATIC, name.slice("/static/".length)))
      : known.has(name);
    if (!leads) fault(path, text, found.index, `imports ${name}, which is not there`);
  }
}

if (!existsSync(MANIFEST)) {
  console.error("browser libraries are missing: run bin/gridcenter assets build");
  process.exit(1);
}
const known = new Set(Object.keys(JSON.parse(readFileSync(MANIFEST, "utf8")).imports));
let scripts = 0;
for (const path of files(STATIC, [".js", ".mjs"])) {
  scripts += 1;
  try {
    execFileSync(process.execPath, ["--check", path], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    faults.push(`${relative(ROOT, path)}: ${String(error.stderr).trim().split("\n").slice(0, 5).join(" | ")}`);
    continue;
  }
  const text = withoutComments(readFileSync(path, "utf8"));
  check(path, text, IN_SCRIPTS);
  checkImports(path, text, known);
}
let templates = 0;
for (const path of files(join(ROOT, "dashboards"), [".html"])) {
  templates += 1;
  check(path, readFileSync(path, "utf8"), IN_TEMPLATES);
}
for (const line of faults) console.error(line);
console.log(`${scripts} modules, ${templates} templates, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
