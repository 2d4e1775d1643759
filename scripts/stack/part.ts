import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { ChildProgram, describeEnd } from '../../tools/child-program.js';

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

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** A running part: started once, stopped once. */
export class Part {
  /** Resolves when the process has ended, with words for how. Never rejects. */
  readonly ended: Promise<string>;
  readonly #program: ChildProgram;

  private constructor(readonly plan: PartPlan) {
    const { name, program: command, args, env, log } = plan;
    mkdirSync(dirname(log), { recursive: true });
    rmSync(log, { force: true });
    // Ctrl-C in a terminal reaches every process of the group, and the parts would all end at once
    // instead of in order.
    this.#program = new ChildProgram({
      name,
      command,
      args,
      env: { ...process.env, ...env },
      log,
      ownGroup: true,
    });
    this.ended = this.#program.exited.then(describeEnd, messageOf);
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
    const part = new Part(plan);
    started(part);
    await part.#program.whenReady(plan.isReady, { timeoutMs: plan.readyTimeoutMs, signal });
    return part;
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Asks the process to end and kills it, with all it started, when it does not in time. */
  async stop(): Promise<void> {
    await this.#program.stop(this.plan.stopTimeoutMs);
  }

  /** Ends the process and all it started at once. */
  kill(): void {
    this.#program.kill();
  }

  /** The last lines of what it printed. */
  logTail(): string {
    return this.#program.tail;
  }
}
