import http, { IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';
import { REFUSALS, type RefusalReason } from './refusal.js';

export interface HttpServerLimits {
  readonly keepAliveTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** 0 for no limit. */
  readonly requestsPerSocketMax: number;
}

interface HttpClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Node checks headers and body timeouts this often; its default of 30 s would make them meaningless. */
const TIMEOUT_CHECK_MS = 1000;

/** From here on `Object.setPrototypeOf` on a request no longer ruins its hidden class. */
const NODE_MAJOR_WITH_CHEAP_PROTOTYPES = 24;

/**
 * An HTTP server for an Express application. Express sets the prototype of every request and
 * response; before Node 24 that costs more than all the rest of a small request. Where the server
 * makes objects whose prototypes are the application's own, that call changes nothing
 * (docs/decisions/0003-express-at-fastify-speed.md).
 *
 * @param onRefusal told of requests that Node's parser refused before Express saw them
 */
export function createHttpServer(
  app: Express,
  limits: HttpServerLimits,
  onRefusal: (reason: RefusalReason) => void,
): Server {
  const major = Number(process.versions.node.split('.')[0]);
  const server = http.createServer(
    {
      ...(major < NODE_MAJOR_WITH_CHEAP_PROTOTYPES ? classesOf(app) : {}),
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.bodyTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      noDelay: true,
    },
    app,
  );
  server.maxRequestsPerSocket = limits.requestsPerSocketMax;
  // Node would answer 417 with an empty body; an expectation may as well be left unmet in silence.
  server.on('checkExpectation', (req, res) => {
    app(req, res);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseRaw(error.code, socket, onRefusal);
  });
  return server;
}

/**
 * Classes whose instances are what `app.handle` would make of plain ones: the prototypes that Express
 * would set are theirs from the start. They are classes with declared fields, and not functions over
 * Express's own prototypes, because V8 sizes an object by what its class declares: without room for
 * what Node, Express and regno add, both objects turn into dictionaries, at 20 microseconds a request.
 */
function classesOf(app: Express): HttpClasses {
  class AppRequest extends IncomingMessage {
    // What Express adds to each request.
    res = undefined;
    next = undefined;
    baseUrl = '';
    originalUrl = '';
    _parsedUrl = undefined;
    params = undefined;
    route = undefined;
    // What openRequest adds.
    override requestId = '';
    override startedAt = 0;
    override routeTemplate = '';
    override refusal = undefined;
    override faultyFields = undefined;
    override answerSource = undefined;
    override readingBody = undefined;
    override closesConnection = false;
    override trace = undefined;
  }
  class AppResponse extends ServerResponse {
    locals = undefined;
  }
  Object.setPrototypeOf(AppRequest.prototype, app.request);
  Object.setPrototypeOf(AppResponse.prototype, app.response);
  Object.assign(app, { request: AppRequest.prototype, response: AppResponse.prototype });
  // The declared fields narrow the types of what the classes inherit, which is of no use to anybody.
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse } as unknown as HttpClasses;
}

/** Answers what is not HTTP, came too slowly or has too large a head, and closes the connection. */
function refuseRaw(
  code: string | undefined,
  socket: Socket,
  onRefusal: (reason: RefusalReason) => void,
): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const pending = pendingAnswer(socket);
  if (pending?.req.complete === true) {
    // Requests that came whole, ahead of the broken one, get their answers first and in order.
    pending.once('close', () => refuseRaw(code, socket, onRefusal));
    return;
  }
  const reason = reasonOf(code);
  onRefusal(reason);
  const { status, text } = REFUSALS[reason];
  const detail = reason === 'bad_request' ? ': not a valid HTTP request' : '';
  const body = JSON.stringify({ body: `${text}${detail}`, status: 'fail' });
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n` +
      'content-type: application/json; charset=utf-8\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}

/** The answer that a connection waits for. Node keeps it there, undocumented. */
function pendingAnswer(socket: Socket & { _httpMessage?: ServerResponse | null }) {
  return socket._httpMessage ?? undefined;
}

function reasonOf(code: string | undefined): RefusalReason {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return 'bad_request';
}
