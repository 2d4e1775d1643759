// After the compiler: files that go into dist/ as they are, and the mark that all of it is there.
import { cpSync, writeFileSync } from 'node:fs';

const ROOT = new URL('../', import.meta.url);
const PAGES = 'app/routes/pages/';

cpSync(new URL(PAGES, ROOT), new URL(`dist/${PAGES}`, ROOT), { recursive: true });
writeFileSync(new URL('dist/.built', ROOT), '');
