import type { IRouter } from 'express';
import type { HealthState } from '../serving/worker-health.js';
import { refuse, sendJson, sendOk } from './answer.js';
import { ERROR_CODE_HEADER } from './refusal.js';

/** `/health/live`: the process answers. `/health/ready`: it may be sent requests. */
export function mountHealth(app: IRouter, state: () => HealthState): void {
  app
    .route('/health/live')
    .get((req, res) => {
      req.routeTemplate = '/health/live';
      sendOk(res, 'ok');
    })
    .all((_req, res) => refuse(res, 'method_not_allowed', undefined, ['allow', 'GET, HEAD']));
  app
    .route('/health/ready')
    .get((req, res) => {
      req.routeTemplate = '/health/ready';
      const health = state();
      const status = health.ready ? 'ok' : 'fail';
      const headers = health.ready ? [] : [ERROR_CODE_HEADER, health.state];
      sendJson(res, health.ready ? 200 : 503, JSON.stringify({ body: health, status }), headers);
    })
    .all((_req, res) => refuse(res, 'method_not_allowed', undefined, ['allow', 'GET, HEAD']));
}
