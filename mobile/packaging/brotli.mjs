// Run by node at build time: node brotli.mjs FILE… writes FILE.br beside each, as small as Brotli makes it.
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const compress = promisify(brotliCompress);
await Promise.all(process.argv.slice(2).map(async (path) => {
  const data = await readFile(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
  await writeFile(`${path}.br`, await compress(data, { params }));
}));
