import type { MetricsRecorder } from './metrics/recorder.js';

/** Where faults of regno itself are reported. */
export interface ErrorReporter {
  /** @param context request id, model and the like; never a body, plate or key */
  report(error: unknown, context: Readonly<Record<string, string>>): void;
  flush(timeoutMs: number): Promise<void>;
}

export interface SentryOptions {
  readonly dsn: string | undefined;
  readonly environment: string;
  readonly release: string;
  /** Sent with every event. */
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: MetricsRecorder;
}

const NO_REPORTER: ErrorReporter = {
  report: () => undefined,
  flush: () => Promise.resolve(),
};

/**
 * Reports to Sentry where a DSN is set; otherwise the SDK is not even loaded. Its instrumentation of
 * HTTP, Express and Redis stays off: it multiplies the cost of a request (docs/decisions/0006).
 */
export async function createErrorReporter(options: SentryOptions): Promise<ErrorReporter> {
  if (options.dsn === undefined) return NO_REPORTER;
  const sentry = await import('@sentry/node');
  sentry.initWithoutDefaultIntegrations({
    dsn: options.dsn,
    environment: options.environment,
    release: options.release,
    integrations: [sentry.linkedErrorsIntegration(), sentry.dedupeIntegration()],
    maxBreadcrumbs: 0,
    initialScope: { tags: { ...options.tags } },
    beforeSend: (event) => {
      options.metrics.counter('sentryEvents', 'sent').inc();
      // Only what regno put there: no request data, no host name, no local variables.
      delete event.request;
      delete event.user;
      delete event.server_name;
      delete event.breadcrumbs;
      return event;
    },
  });
  return {
    report: (error, context) => {
      sentry.captureException(error, { tags: { ...context } });
    },
    flush: async (timeoutMs) => {
      await sentry.flush(timeoutMs);
    },
  };
}
