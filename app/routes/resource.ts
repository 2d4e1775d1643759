import type { IRouter, RequestHandler } from 'express';
import { refuse } from './answer.js';

export interface Resource {
  /** What a request must pass, whatever its method. */
  readonly guard?: RequestHandler;
  /** Answers HEAD too: Node leaves the body out. */
  readonly get?: RequestHandler;
  readonly post?: RequestHandler;
  /** The route's name in metrics and logs, where it is not the path. */
  readonly template?: string;
}

/** Mounts what answers at a path; other methods are refused with those that there are (405). */
export function resource(app: IRouter, path: string, parts: Resource): void {
  const { guard = pass, get, post, template = path } = parts;
  const route = app.route(path);
  // One handler and not two: Express walks to each.
  route.all((req, res, next) => {
    req.routeTemplate = template;
    return guard(req, res, next);
  });
  if (get !== undefined) route.get(get);
  if (post !== undefined) route.post(post);
  const methods = [
    ...(get === undefined ? [] : ['GET', 'HEAD']),
    ...(post === undefined ? [] : ['POST']),
  ];
  route.all(refuseMethod(methods.join(', ')));
}

/** @param allowed methods, as the header `Allow` lists them */
export function refuseMethod(allowed: string): RequestHandler {
  return (_req, res) => refuse(res, 'method_not_allowed', undefined, ['allow', allowed]);
}

const pass: RequestHandler = (_req, _res, next) => next();
