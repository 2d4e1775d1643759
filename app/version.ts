import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** regno's version, as package.json states it. */
export const REGNO_VERSION: string = readVersion();

function readVersion(): string {
  // The file lies in app/ under tsx and in dist/app/ when built.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const text = readFileSync(new URL(path, import.meta.url), 'utf8');
      return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
      throw error;
    }
  }
  throw new Error('package.json was not found beside the code; reinstall regno');
}
