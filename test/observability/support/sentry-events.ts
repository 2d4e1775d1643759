import type { RecordingServer } from './recording-server.js';

/** The part of a Sentry event that tests look at. */
export interface SentryEvent {
  readonly release: string;
  readonly environment: string;
  readonly fingerprint: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly exception: { readonly values: readonly { type: string; value: string }[] };
  readonly [key: string]: unknown;
}

/** A DSN of the recording server, in Sentry's form `http://key@host/project`. */
export function dsnOf(server: RecordingServer): string {
  return `http://publickey@127.0.0.1:${server.port}/1`;
}

/**
 * The events in all envelopes so far. An envelope is a line of headers, then for each item a line of
 * headers and a line of payload (develop.sentry.dev, Envelopes).
 */
export function eventsOf(server: RecordingServer): SentryEvent[] {
  return server.requests.flatMap(({ body }) => {
    const lines = body.split('\n').filter((line) => line !== '');
    const events: SentryEvent[] = [];
    for (let i = 1; i + 1 < lines.length; i += 2) {
      const header = JSON.parse(lines[i] ?? '{}') as { type?: string };
      if (header.type === 'event') events.push(JSON.parse(lines[i + 1] ?? '{}') as SentryEvent);
    }
    return events;
  });
}
