import { join } from 'node:path';
import {
  ROOT,
  startService,
  type Service,
  type ServiceOptions,
} from '../../testing/start-service.js';

const INJECTION = join(ROOT, 'test/observability/support/inject-faults.mjs');

/** The plate that the injected faults quote, as careless libraries do. */
export const QUOTED_PLATE = 'А777АА77';

/** A service whose workers can be made to fail. */
export interface FaultyService extends Service {
  /** Breaks the model of every worker. */
  breakModel(): Promise<void>;
  fixModel(): Promise<void>;
  /** Makes one worker throw where nobody catches. */
  throwUncaught(): void;
}

export async function startFaultyService(options: ServiceOptions = {}): Promise<FaultyService> {
  const service = await startService({
    env: { NODE_OPTIONS: `--import=${INJECTION}`, ...options.env },
  });
  const toggle = async (saying: string): Promise<void> => {
    for (const pid of service.workerPids()) {
      const from = service.process.lines.length;
      process.kill(pid, 'SIGUSR2');
      await service.process.line((line) => line === saying, from);
    }
  };
  return {
    ...service,
    breakModel: () => toggle('the model is broken'),
    fixModel: () => toggle('the model is fixed'),
    throwUncaught: () => {
      const [pid] = service.workerPids();
      if (pid !== undefined) process.kill(pid, 'SIGWINCH');
    },
  };
}
