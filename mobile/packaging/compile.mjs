// Run by node at build time: node compile.mjs RUNTIME_DIR IN.zip OUT.zip. The site's own Python compiles its modules.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [runtime, source, target] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);
const { info } = JSON.parse(readFileSync(`${runtime}/pyodide-lock.json`, "utf8"));
// Without column numbers: a traceback names the line, the archive is a fifth smaller.
const env = { PYTHONNODEBUGRANGES: "1", HOME: "/home/pyodide" };
const python = await loadPyodide({ env, lockFileContents: JSON.stringify({ info, packages: {} }) });
python.FS.writeFile("/in.zip", new Uint8Array(readFileSync(source)));
try {
  python.runPython(readFileSync(new URL("compile.py.txt", import.meta.url), "utf8"));
} catch (error) {
  process.stderr.write(`${String(error.message).slice(-400)}\n`);
  process.exit(1);
}
writeFileSync(target, python.FS.readFile("/out.zip"));
