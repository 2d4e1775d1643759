import { z } from 'zod';
import { run, type CommandResult } from './command.js';
import type { Engine } from './engine.js';

const ServiceSchema = z.object({
  image: z.string(),
  command: z.array(z.string()).nullish(),
  entrypoint: z.array(z.string()).nullish(),
  user: z.string().optional(),
  read_only: z.boolean().default(false),
  privileged: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  mem_limit: z.string().optional(),
  cpus: z.number().optional(),
  pids_limit: z.number().optional(),
  healthcheck: z.object({ disable: z.boolean().default(false) }).optional(),
  logging: z.object({ options: z.record(z.string(), z.string()) }).optional(),
  networks: z.record(z.string(), z.unknown()).default({}),
  ports: z
    .array(z.object({ host_ip: z.string().optional(), published: z.string(), target: z.number() }))
    .default([]),
  profiles: z.array(z.string()).default([]),
  build: z.unknown().optional(),
});

const ProjectSchema = z.object({ services: z.record(z.string(), ServiceSchema) });

/** A service of the compose file, as Compose itself understood it. */
export type ComposeService = z.output<typeof ServiceSchema>;

/** Host ports that are not the defaults, so that a stack of the user's own may run meanwhile. */
export interface HostPorts {
  readonly app: number;
  readonly prometheus: number;
  readonly alertmanager: number;
  readonly grafana: number;
}

const ALL_PROFILES = ['prove', 'minimal', 'tls'].flatMap((name) => ['--profile', name]);

/** `docker compose` for one project on one engine. */
export class Compose {
  constructor(
    private readonly engine: Engine,
    private readonly root: string,
    private readonly files: readonly string[],
    readonly ports: HostPorts,
    private readonly settings: Readonly<Record<string, string>> = {},
  ) {}

  /** @returns what the command printed; see {@link run} for errors */
  async run(
    args: readonly string[],
    options: { readonly timeoutMs: number; readonly mayFail?: boolean },
  ): Promise<CommandResult> {
    const files = this.files.flatMap((file) => ['--file', file]);
    const base = ['compose', '--progress', 'plain', '--project-directory', this.root, ...files];
    return run('docker', [...base, '--project-name', 'regno-check', ...args], {
      ...options,
      cwd: this.root,
      env: {
        ...this.engine.env,
        APP_PORT: String(this.ports.app),
        // It runs when `app` has stopped.
        MINIMAL_PORT: String(this.ports.app),
        PROMETHEUS_PORT: String(this.ports.prometheus),
        ALERTMANAGER_PORT: String(this.ports.alertmanager),
        GRAFANA_PORT: String(this.ports.grafana),
        ...this.settings,
      },
    });
  }

  /** @returns every service, those of profiles too */
  async services(): Promise<ReadonlyMap<string, ComposeService>> {
    const printed = await this.run([...ALL_PROFILES, 'config', '--format', 'json'], {
      timeoutMs: 30_000,
    });
    const project = ProjectSchema.parse(JSON.parse(printed.stdout));
    return new Map(Object.entries(project.services));
  }

  /** Removes containers, networks and volumes. */
  async down(): Promise<void> {
    await this.run([...ALL_PROFILES, 'down', '--volumes', '--remove-orphans', '--timeout', '20'], {
      timeoutMs: 180_000,
    });
  }
}
