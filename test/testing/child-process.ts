import { afterAll } from 'vitest';
import { ChildProgram, type ProcessEnd, type ProgramOptions } from '../../tools/child-program.js';

const running = new Set<TestProcess>();

// Whatever a test file started ends with it, also where a test failed half-way.
afterAll(async () => {
  await Promise.all([...running].map((one) => one.end('SIGKILL')));
});
process.on('exit', () => {
  for (const one of running) one.signal('SIGKILL');
});

/** A real process that ends with the test file that started it, at the latest. */
export class TestProcess extends ChildProgram {
  constructor(options: Omit<ProgramOptions, 'env'> & Partial<ProgramOptions>) {
    super({ env: {}, ...options });
    running.add(this);
    const forget = (): void => void running.delete(this);
    this.exited.then(forget, forget);
  }
}

export type { ProcessEnd };
