import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A local process of the stack. */
export interface PartPlan {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** File that gets all it prints. */
  readonly log: string;
  /** Resolves to true when it can be used; it is asked again until then. */
  readonly isReady: () => Promise<boolean>;
  readonly readyTimeoutMs: number;
  /** How long it may take to end by itself before it is killed. */
  readonly stopTimeoutMs: number;
}

const ASK_EVERY_MS = 100;
const LOG_TAIL_LINES = 15;

/** A running part: started once, stopped once. */
export class Part {
  /** Resolves when the process has ended, with words for how. Never rejects. */
  readonly ended: Promise<string>;
  private how: string | undefined;

  private constructor(
    readonly plan: PartPlan,
    private readonly child: ChildProcess,
  ) {
    this.ended = new Promise((resolve) => {
      const settle = (how: string) => {
        this.how ??= how;
        resolve(this.how);
      };
      child.once('error', (error) => settle(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) => {
        settle(signal === null ? `ended with exit code ${code ?? -1}` : `ended by ${signal}`);
      });
    });
  }

  /**
   * Starts the process and waits until it can be used.
   *
   * @param signal aborts the wait; the process must be stopped all the same
   * @param started hears of the part as soon as there is a process to stop
   * @throws Error with the end of its log when it ends or is not ready in time
   */
  static async start(
    plan: PartPlan,
    signal: AbortSignal,
    started: (part: Part) => void,
  ): Promise<Part> {
    mkdirSync(dirname(plan.log), { recursive: true });
    const log = openSync(plan.log, 'w');
    // A group of its own: Ctrl-C in a terminal reaches every process of the group, and the parts
    // would all end at once instead of in order.
    const child = spawn(plan.program, plan.args, {
      env: { ...process.env, ...plan.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    const part = new Part(plan, child);
    started(part);
    await part.waitUntilReady(signal);
    return part;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Asks the process to end and kills it, with all it started, when it does not in time. */
  async stop(): Promise<void> {
    if (this.how !== undefined || this.child.pid === undefined) return;
    this.child.kill('SIGTERM');
    const timeout = delay(this.plan.stopTimeoutMs, 'late' as const, { ref: false });
    if ((await Promise.race([this.ended, timeout])) !== 'late') return;
    this.kill();
    await this.ended;
  }

  /** Ends the process and all it started at once. */
  kill(): void {
    if (this.how !== undefined || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }

  /** The last lines of what it printed. */
  logTail(): string {
    const lines = readFileSync(this.plan.log, 'utf8').trim().split('\n');
    return lines.slice(-LOG_TAIL_LINES).join('\n');
  }

  private async waitUntilReady(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + this.plan.readyTimeoutMs;
    for (;;) {
      if (await this.plan.isReady().catch(() => false)) break;
      signal.throwIfAborted();
      if (this.how !== undefined) throw this.failure(this.how);
      if (performance.now() > deadline) {
        throw this.failure(`was not ready within ${this.plan.readyTimeoutMs / 1000} s`);
      }
      await delay(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    // What answered may be a stranger on the same port.
    if (this.how !== undefined) throw this.failure(this.how);
  }

  private failure(what: string): Error {
    return new Error(`${this.plan.name} ${what}; the end of ${this.plan.log}:\n${this.logTail()}`);
  }
}
