import type { IRouter } from 'express';
import type { HealthState } from '../serving/worker-health.js';
import { sendJson, sendOk } from './answer.js';
import { ERROR_CODE_HEADER } from './refusal.js';
import { resource } from './resource.js';

/** `/health/live`: the process answers. `/health/ready`: it may be sent requests. */
export function mountHealth(app: IRouter, state: () => HealthState): void {
  resource(app, '/health/live', { get: (_req, res) => sendOk(res, 'ok') });
  resource(app, '/health/ready', {
    get: (_req, res) => {
      const health = state();
      const status = health.ready ? 'ok' : 'fail';
      const headers = health.ready ? [] : [ERROR_CODE_HEADER, health.state];
      sendJson(res, health.ready ? 200 : 503, JSON.stringify({ body: health, status }), headers);
    },
  });
}
