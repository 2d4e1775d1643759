import { describe, expect, it } from 'vitest';
import { EXAMPLE_READING } from '../routes/examples.js';
import { DEFAULT_RULES } from './reading-rules.js';
import { PlatePseudonyms } from './plate-pseudonyms.js';

const JSON_TEXT = JSON.stringify(EXAMPLE_READING);

describe('PlatePseudonyms', () => {
  const pseudonyms = new PlatePseudonyms('a key of some length', DEFAULT_RULES);

  it.each([
    ['with a byte order mark', `\ufeff${JSON_TEXT}`],
    ['that is a JSON string', JSON.stringify(JSON_TEXT)],
  ])('are those of every body that is decided, also %s', (_what, body) => {
    const plain = pseudonyms.of(Buffer.from(JSON_TEXT));
    expect(plain?.camera.template).toBe('private car');
    expect(pseudonyms.of(Buffer.from(body))).toEqual(plain);
  });

  it.each(['', '{', '[]', '{}', '\xff'])('are not made for %j', (body) => {
    expect(pseudonyms.of(Buffer.from(body, 'latin1'))).toBeUndefined();
  });
});
