import http, { IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Express, Request, Response } from 'express';
import { refusalJson } from './answer.js';
import type { ConnectionEnd, RefusalReason } from '../serving/finished-request.js';
import { ClientConnections, type ConnectionLimits } from './client-connections.js';
import { linger } from './linger.js';
import { ERROR_CODE_HEADER, REFUSALS, type RefusalCode } from './refusal.js';
import { HEADERS_MAX, nextRequestId } from './request-context.js';

export interface HttpServerLimits extends ConnectionLimits {
  readonly keepAliveTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** 0 for no limit. */
  readonly requestsPerSocketMax: number;
}

export interface HttpServerEvents {
  /** Called for requests that Node's parser refused before Express saw them. */
  readonly onRefusal: (reason: RefusalReason) => void;
  /** Called for connections that the server ended to stay within its limits. */
  readonly onConnectionEnd: (reason: ConnectionEnd) => void;
}

export interface HttpServer {
  readonly server: Server;
  readonly connections: ClientConnections;
}

interface HttpClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Node checks headers and body timeouts this often; its default of 30 s would make them meaningless. */
const TIMEOUT_CHECK_MS = 1000;

/** What Node takes and its types do not name: answer a client that has closed its sending side. */
interface HalfOpenServer extends Server {
  httpAllowHalfOpen?: boolean;
}

/**
 * An HTTP server for an Express application. Express sets the prototype of every request and
 * response; before Node 24 that costs more than all the rest of a small request, and there it still
 * costs a fifth of one. Where the server makes objects whose prototypes are the application's own,
 * that call changes nothing (docs/decisions/0003-express-at-fastify-speed.md).
 */
export function createHttpServer(
  app: Express,
  limits: HttpServerLimits,
  events: HttpServerEvents,
): HttpServer {
  const server: HalfOpenServer = http.createServer({
    ...classesOf(app),
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.bodyTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    noDelay: true,
    // Node would answer 400 with an empty body; openRequest refuses with the usual one.
    requireHostHeader: false,
  });
  // One more than is accepted, so that openRequest sees that there are too many.
  server.maxHeadersCount = HEADERS_MAX + 1;
  server.maxRequestsPerSocket = limits.requestsPerSocketMax;
  server.httpAllowHalfOpen = true;
  const connections = new ClientConnections(limits, events.onConnectionEnd);
  connections.watch(server);
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    const { client } = req.socket;
    if (client?.isLastRequestIn === true) return;
    client?.owe(res);
    if (req.url?.startsWith('/') !== true) req.url = originForm(req.url);
    app(req as Request, res as Response);
  };
  server.on('request', handle);
  // Node would answer 417 with an empty body; an expectation may as well be left unmet in silence.
  server.on('checkExpectation', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseRaw(error.code, socket, events.onRefusal);
  });
  return { server, connections };
}

const ABSOLUTE_FORM = /^https?:\/\/[^/?#]+(.*)$/is;

/**
 * The path of a target in absolute form, which a server has to accept (RFC 9112, 3.2.2); any other is
 * left as it is. Express would ask Node's old `url.parse`, which prints what it finds invalid.
 */
function originForm(target = ''): string {
  const path = ABSOLUTE_FORM.exec(target)?.[1] ?? target;
  return path === '' || path.startsWith('?') ? `/${path}` : path;
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
    override errorCode = undefined;
    override faultyFields = undefined;
    override answerSource = undefined;
    override readingBody = undefined;
    override admission = undefined;
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
  const owed = socket.client?.oldest;
  if (owed?.req.complete === true) {
    // Requests that came whole, ahead of the broken one, get their answers first and in order.
    owed.once('close', () => refuseRaw(code, socket, onRefusal));
    return;
  }
  const errorCode = errorCodeOf(code);
  const { status, reason } = REFUSALS[errorCode];
  onRefusal(reason);
  const body = refusalJson(errorCode);
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n` +
      'content-type: application/json; charset=utf-8\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${nextRequestId()}\r\n` +
      `${ERROR_CODE_HEADER}: ${errorCode}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
  linger(socket);
}

function errorCodeOf(code: string | undefined): RefusalCode {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return 'malformed_http';
}
