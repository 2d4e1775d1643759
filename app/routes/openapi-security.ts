import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';

/** Name of the only security scheme. */
const KEY = 'ApiKey';

export const NO_KEY = { security: [] };
export const KEY_NEEDED = { security: [{ [KEY]: [] }] };
/** Open, or with the key, as the service is set up. */
export const KEY_PERHAPS = { security: [{}, { [KEY]: [] }] };

export function registerSecurity(registry: OpenAPIRegistry): void {
  registry.registerComponent('securitySchemes', KEY, {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description:
      'The operator of the service hands out keys (the settings `API_KEYS` or `API_KEYS_FILE`). ' +
      'Outside production a service without keys of its own takes the demo key `123321`. Pages ' +
      'also take the key as the password of HTTP Basic, which a browser asks its user for.',
  });
}
