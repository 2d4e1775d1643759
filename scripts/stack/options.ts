import { parseArgs } from 'node:util';

export interface StackOptions {
  /** Stop by itself when all has run for this time; undefined runs until Ctrl-C. */
  readonly forMs: number | undefined;
  /** Requests a second of the generator; 0 starts none. */
  readonly rate: number;
  /** Install what is missing by apt. */
  readonly install: boolean;
  /** Take free ports even where the usual ones are free. */
  readonly anyPorts: boolean;
  /** The service's port, which must be free; undefined for the usual one or a free one. */
  readonly appPort: number | undefined;
  readonly help: boolean;
}

export const USAGE = `usage: npm run stack -- [options]

Starts the service, Redis, Prometheus, Alertmanager and the load generator as local processes, as
far as they are installed, and stops them all on Ctrl-C.

  --for TIME      stop by itself when it has run for, e.g., 60s or 5m
  --rate N        requests a second of the generator (default 50); 0 starts none
  --install       install what is missing by apt (as root, on Debian)
  --any-ports     take free ports instead of the usual ones

PORT names the port of the service, which is 5000, or a free one where that is taken.`;

const UNITS_MS = new Map([
  ['', 1000],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const RATE_MAX = 100_000;
const PORT_MAX = 65_535;

/**
 * @param port the variable PORT, which names the service's port here as it does everywhere
 * @throws TypeError or RangeError saying what is wrong with the arguments
 */
export function readOptions(args: readonly string[], port = ''): StackOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      for: { type: 'string' },
      rate: { type: 'string', default: '50' },
      install: { type: 'boolean', default: false },
      'any-ports': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const rate = Number(values.rate);
  if (values.rate.trim() === '' || !(rate >= 0 && rate <= RATE_MAX)) {
    throw new RangeError(`--rate: expected a number from 0 to ${RATE_MAX}, got ${values.rate}`);
  }
  return {
    forMs: values.for === undefined ? undefined : readTime(values.for),
    rate,
    install: values.install,
    anyPorts: values['any-ports'],
    appPort: readPort(port),
    help: values.help,
  };
}

function readPort(text: string): number | undefined {
  if (text === '') return undefined;
  const port = Number(text);
  // 0 is what the service takes for any free port.
  if (!/^\d+$/.test(text) || port > PORT_MAX) {
    throw new RangeError(`PORT: expected a number from 0 to ${PORT_MAX}, got ${text}`);
  }
  return port === 0 ? undefined : port;
}

function readTime(text: string): number {
  const match = /^(\d{1,6})([smh]?)$/.exec(text);
  const unitMs = UNITS_MS.get(match?.[2] ?? '?');
  if (match === null || unitMs === undefined) {
    throw new RangeError(`--for: expected a time such as 60s, 5m or 1h, got ${text}`);
  }
  return Number(match[1]) * unitMs;
}
