import { describe, expect, it } from 'vitest';
import { createRedactor, describeError } from './redact.js';

const redact = createRedactor(['a-secret-key', 'ab']);

describe('redaction', () => {
  it.each([
    'А123ВС77',
    'А123ВС',
    'ВС12377',
    '1234АВ77',
    '_123ВС77',
    'A123BC777',
    'AB12377',
    'AB1234577',
    '1234AB77',
    '001CD177',
    'Т001ТТ',
  ])('takes %s out of a sentence', (plate) => {
    expect(redact(`Unexpected "${plate}" in JSON`)).toBe('Unexpected "[plate]" in JSON');
  });

  it.each([
    'Cannot read properties of undefined (reading 2)',
    'at run (/srv/regno/dist/app/serving/onnx/onnx-session.js:120:14)',
    'ECONNREFUSED 127.0.0.1:6379',
    'UTF-8, SHA256 and HTTP2, Node v20.20.2, 2026-11-21T09:59:23.755Z',
    'digest 0f3a9c77b1, request 3nqWc1Yk-1z4',
    'модель не загружена',
  ])('leaves "%s" as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('takes out keys, but not so short ones that any word has them', () => {
    expect(redact('key a-secret-key, about')).toBe('key [key], about');
  });

  it('describes an error and its causes within limits', () => {
    const cause = Object.assign(new Error('no А123ВС77'), { code: 'EFAULT' });
    const error = new TypeError('x'.repeat(10_000), { cause });
    const described = describeError(error, redact);
    expect(described.name).toBe('TypeError');
    expect(described.message.length).toBeLessThan(600);
    expect(described).toMatchObject({ cause: { code: 'EFAULT', message: 'no [plate]' } });
    expect(JSON.stringify(described)).not.toContain('А123');
  });

  it('follows causes that go in a circle only so far', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(describeError(error, redact)).length).toBeLessThan(30_000);
  });

  it('takes time in proportion to the text', () => {
    const startedAt = performance.now();
    redact('А1'.repeat(50_000));
    redact('_'.repeat(100_000));
    redact('А'.repeat(100_000));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
