import type { ErrorEvent } from '@sentry/node';
import { describeError, type Redact } from '../logs/redact.js';

/** What is known of a fault besides the error; never a body, plate, key or address. */
export interface FaultContext {
  /**
   * `inference`: the model did not answer; `unexpected`: a handler threw; `uncaught`: nobody caught
   * it; `worker`: a worker process ended unasked.
   */
  readonly kind: 'inference' | 'unexpected' | 'uncaught' | 'worker';
  readonly requestId?: string;
  readonly traceId?: string;
}

/** Where faults of regno itself are reported. */
export interface ErrorReporter {
  report(error: unknown, context: FaultContext): void;
  /** Waits until what was reported is out, so long at the most. */
  flush(timeoutMs: number): Promise<void>;
}

export interface SentryOptions {
  readonly dsn: string | undefined;
  readonly environment: string;
  readonly release: string;
  /** Sent with every event. */
  readonly tags: Readonly<Record<string, string>>;
  /** Called with the fate of each event: `sent` where the service took it. */
  readonly onEvent: (result: 'sent' | 'dropped') => void;
  readonly redact: Redact;
}

const NO_REPORTER: ErrorReporter = {
  report: () => undefined,
  flush: () => Promise.resolve(),
};

/** Events that wait to be sent; more are dropped. */
const WAITING_MAX = 32;

/**
 * Reports to Sentry where a DSN is set; otherwise the SDK is not even loaded. Its instrumentation of
 * HTTP, Express and Redis stays off: it multiplies the cost of a request (docs/decisions/0006). A client
 * of our own and not `init`: that keeps scopes in an AsyncLocalStorage, which before Node 24 makes every
 * request dearer from the first report on.
 */
export async function createErrorReporter(options: SentryOptions): Promise<ErrorReporter> {
  if (options.dsn === undefined) return NO_REPORTER;
  const sentry = await import('@sentry/node');
  const client = new sentry.NodeClient({
    dsn: options.dsn,
    environment: options.environment,
    release: options.release,
    transport: sentry.makeNodeTransport,
    stackParser: sentry.defaultStackParser,
    integrations: [],
    // By default the SDK rewrites modules as they are loaded, and names this host.
    enableRuntimeChannelInjection: false,
    includeServerName: false,
    sendClientReports: false,
    maxBreadcrumbs: 0,
    transportOptions: { bufferSize: WAITING_MAX },
    beforeSend: (event) => cleaned(event, options.redact),
  });
  // Not `client.init()`, which brings the AsyncLocalStorage.
  client.addIntegration(sentry.linkedErrorsIntegration());
  const shared = new sentry.Scope();
  shared.setClient(client);
  shared.setTags({ ...options.tags });
  // Called after the service answered; a lost connection, a full buffer and a limit that the service
  // set all come without a good status.
  client.on('afterSendEvent', (_event, answer) => {
    const status = answer.statusCode ?? 0;
    options.onEvent(status >= 200 && status < 300 ? 'sent' : 'dropped');
  });
  return {
    report: (error, { kind, requestId, traceId }) => {
      const scope = shared.clone();
      scope.setTags({
        kind,
        ...(requestId === undefined ? {} : { requestId }),
        ...(traceId === undefined ? {} : { traceId }),
      });
      scope.setFingerprint(fingerprintOf(error, kind, options.redact));
      scope.captureException(error);
    },
    flush: async (timeoutMs) => {
      await client.flush(timeoutMs);
    },
  };
}

/** Only what regno put there: no request, host or breadcrumb, and no plate in a library's words. */
function cleaned(event: ErrorEvent, redact: Redact): ErrorEvent {
  delete event.request;
  delete event.user;
  delete event.server_name;
  delete event.breadcrumbs;
  delete event.extra;
  for (const exception of event.exception?.values ?? []) {
    if (exception.value !== undefined) exception.value = redact(exception.value);
    for (const frame of exception.stacktrace?.frames ?? []) delete frame.vars;
  }
  if (event.message !== undefined) event.message = redact(event.message);
  return event;
}

/** One group per kind of fault, error and message, whatever numbers the message has. */
function fingerprintOf(error: unknown, kind: string, redact: Redact): string[] {
  const { name, message, code } = describeError(error, redact);
  return ['regno', kind, name, code ?? '', message.replaceAll(/\d+/g, '0').slice(0, 120)];
}
