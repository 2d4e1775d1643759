import type { IRouter } from 'express';
import { refuse, sendJson, sendOk } from './answer.js';
import { ERROR_CODE_HEADER } from './refusal.js';

export interface HealthState {
  /** False while the process stops or its model failed the golden check. */
  readonly ready: boolean;
  /** `degraded`: ready, but without something that makes it faster. */
  readonly state: 'ok' | 'degraded' | 'draining' | 'model_unavailable';
  readonly model: {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly compilerVersion: string;
    /** Outcome of the model's golden readings; `absent` for a model that ships none. */
    readonly golden: 'passed' | 'failed' | 'absent';
    /** How many of them were answered at the start; 0 where nothing proves the model. */
    readonly goldenRows: number;
  };
  /** What regno depends on and can do without. */
  readonly dependencies: Readonly<Record<string, 'up' | 'down'>>;
}

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
