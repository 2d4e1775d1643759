// The generator with its key taken from a file: an argument or a variable would be shown by
// `docker inspect`. API_KEY_FILE names a file whose first line is the key.
import { readFileSync } from 'node:fs';

const path = process.env.API_KEY_FILE;
if (path !== undefined && path !== '' && process.env.API_KEY === undefined) {
  process.env.API_KEY = readFileSync(path, 'utf8').split(/[\n,]/)[0].trim();
}
await import('/app/dist/generator/main.js');
