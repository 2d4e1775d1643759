import { describe, expect, it } from 'vitest';
import { asksForOpenMetrics } from './open-metrics.js';

const OPEN = 'application/openmetrics-text';

/** What Prometheus sends: before version 3, and since. */
const PROMETHEUS = [
  `${OPEN};version=1.0.0,${OPEN};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
  `${OPEN};version=1.0.0;escaping=allow-utf-8;q=0.6,${OPEN};version=0.0.1;q=0.5,` +
    'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
];

describe('an Accept header', () => {
  it.each([
    OPEN,
    'APPLICATION/OpenMetrics-Text ; Q=1',
    `${OPEN}; version=1.0.0; charset=utf-8`,
    `${OPEN}; version="1.0.0"; q=0.9, text/plain; q=0.1`,
    `text/plain;q=0.2, ${OPEN};q=0.3`,
    `*/*;q=0.1, ${OPEN}`,
    'application/*',
    ...PROMETHEUS,
  ])('asks for OpenMetrics: %s', (accept) => {
    expect(asksForOpenMetrics(accept)).toBe(true);
  });

  it.each([
    undefined,
    '',
    ',',
    '*/*',
    'text/plain',
    `${OPEN};q=0`,
    `${OPEN};q=0, */*`,
    `${OPEN}; version=1.0.0;q=0.5, text/plain;q=0.6`,
    `*/*, ${OPEN};q=0.9`,
    `text/plain, ${OPEN}`,
    `${OPEN};version=2.0.0`,
    `text/html; x="${OPEN}"`,
    'text/html',
    '*/*;q=0',
  ])('does not: %s', (accept) => {
    expect(asksForOpenMetrics(accept)).toBe(false);
  });
});
