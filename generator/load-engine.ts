import { performance } from 'node:perf_hooks';
import { isGoodAnswer } from './answer-check.js';
import type { Endpoint } from './connection.js';
import { Lane, type ReportRequest } from './lane.js';
import type { LoadPlan, ThreadState } from './load-plan.js';
import { Pacer, type PacerClock } from './pacer.js';
import { BodySource, madeUpTemplates } from './payload/body-source.js';
import { bodyTemplate, type BodyTemplate, type RoadClock } from './payload/body-template.js';
import { readDataFile } from './payload/data-file.js';
import { RequestWriter } from './payload/request-writer.js';
import { Random } from './random.js';
import { hourAt, roadSchedule } from './road.js';
import { constantSchedule, type Schedule } from './schedule.js';

/** Sends what a plan says, within one thread. Reports each request once, when it has ended. */
export class LoadEngine {
  readonly #lanes: Lane[];
  readonly #schedule: Schedule;
  readonly #timeouts: NodeJS.Timeout[] = [];
  #pacer: Pacer | null = null;
  #startMs = 0;
  #offered = 0;
  #closedLeft = 0;
  #closedStarted = false;
  #stopAtMs = Infinity;
  #utilization = performance.eventLoopUtilization();
  #finish: () => void = () => undefined;

  private constructor(
    private readonly plan: LoadPlan,
    private readonly report: ReportRequest,
    templates: readonly BodyTemplate[],
  ) {
    this.#schedule = this.#makeSchedule();
    this.#lanes = plan.urls.map((url, target) => this.#makeLane(new URL(url), target, templates));
  }

  /**
   * Reads the data file or makes the bodies up: the costly part, before the run.
   * @throws DataFileError
   */
  static async create(plan: LoadPlan, report: ReportRequest): Promise<LoadEngine> {
    return new LoadEngine(plan, report, await makeTemplates(plan));
  }

  /** Opens the first connections, so that the first requests do not pay for them. */
  connect(): void {
    for (const lane of this.#lanes) lane.start();
  }

  /** Runs until every request of the plan has ended. `startMs` is the plan's zero on performance.now(). */
  async run(startMs: number): Promise<void> {
    this.#startMs = startMs;
    const done = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    if (this.plan.arrivals.kind === 'closed') this.#startClosed();
    else this.#startOpen();
    const sweep = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timeouts.push(sweep);
    await done;
    for (const timeout of this.#timeouts) clearTimeout(timeout);
    for (const lane of this.#lanes) lane.close();
  }

  /** Sends nothing more; what is in flight gets this long to end. */
  stop(drainMs: number): void {
    this.#pacer?.stop();
    this.#closedLeft = 0;
    this.#stopAtMs = Math.min(this.#stopAtMs, performance.now() + drainMs);
  }

  /** How it is going; the utilization is that since the last call. */
  state(): ThreadState {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    const elapsedMs = performance.now() - this.#startMs;
    const sum = (count: (lane: Lane) => number): number =>
      this.#lanes.reduce((total, lane) => total + count(lane), 0);
    const { arrivals } = this.plan;
    return {
      inflight: sum((lane) => lane.inflight),
      waiting: sum((lane) => lane.waiting),
      connectionsOpen: sum((lane) => lane.connectionsOpen),
      intendedRate: this.#pacer?.finished === false ? this.#schedule.rateAt(elapsedMs) : 0,
      roadHour: arrivals.kind === 'road' ? hourAt(arrivals.road, elapsedMs) : NaN,
      utilization,
    };
  }

  #makeSchedule(): Schedule {
    const { arrivals, thread, threads, bodies } = this.plan;
    switch (arrivals.kind) {
      case 'constant':
        return constantSchedule({ ...arrivals, thread, threads });
      case 'road': {
        const random = new Random(bodies.seed, STREAM_ARRIVALS + thread);
        return roadSchedule(arrivals.road, threads, random, arrivals.totalMs);
      }
      case 'closed':
        return { next: () => Infinity, rateAt: () => 0 };
    }
  }

  #makeLane(url: URL, target: number, templates: readonly BodyTemplate[]): Lane {
    const { plan } = this;
    const lanes = plan.urls.length;
    const place = plan.thread * lanes + target;
    const random = new Random(plan.bodies.seed, STREAM_BODIES + place);
    const clock = this.#roadClock();
    const bodies = new BodySource({
      random,
      templates,
      vary: plan.bodies.dataFile === null || plan.bodies.vary,
      repeatShare: plan.bodies.repeatShare,
      thread: place,
      threads: plan.threads * lanes,
      ...(clock ? { clock } : {}),
    });
    const { keys, headers, faultyShare, checkShare } = plan;
    return new Lane({
      endpoint: endpointOf(url),
      source: new RequestWriter({ url, keys, headers, bodies, random, faultyShare, checkShare }),
      now: () => performance.now(),
      report: this.#reportFromStart,
      isGoodAnswer,
      onFree: this.#onFree,
      ...(plan.arrivals.kind === 'closed' ? { refill: this.#refill } : {}),
      connectionsMin: Math.max(1, Math.floor(plan.connectionsMin / lanes)),
      connectionsMax: Math.max(1, Math.floor(plan.connectionsMax / lanes)),
      timeoutMs: plan.timeoutMs,
      queueLimit: QUEUE_LIMIT,
      backOff: plan.arrivals.kind === 'road',
    });
  }

  #roadClock(): (() => RoadClock) | null {
    const { arrivals } = this.plan;
    if (arrivals.kind !== 'road') return null;
    return () => {
      const hour = hourAt(arrivals.road, performance.now() - this.#startMs);
      return { hour: Math.floor(hour), minute: Math.floor((hour % 1) * 60) };
    };
  }

  #startOpen(): void {
    this.#pacer = new Pacer({
      schedule: this.#schedule,
      clock: CLOCK,
      startMs: this.#startMs,
      spinMs: this.plan.spinMs,
      onDue: (intendedMs, latenessMs) => {
        this.#lanes[this.#offered % this.#lanes.length]?.offer(intendedMs, latenessMs);
        this.#offered += 1;
      },
      onGroup: this.#pumpAll,
    });
    this.#pacer.start();
  }

  #startClosed(): void {
    const { arrivals } = this.plan;
    if (arrivals.kind !== 'closed') return;
    const waitMs = Math.max(0, this.#startMs - performance.now());
    this.#timeouts.push(
      setTimeout(() => {
        this.#closedStarted = true;
        this.#closedLeft = arrivals.amount;
        this.#pumpAll(performance.now());
      }, waitMs),
    );
    // Without an end in time there is one in number; a timer takes no Infinity.
    if (!Number.isFinite(arrivals.totalMs)) return;
    this.#timeouts.push(
      setTimeout(() => {
        this.#closedLeft = 0;
      }, waitMs + arrivals.totalMs),
    );
  }

  readonly #refill = (): boolean => {
    if (this.#closedLeft <= 0) return false;
    this.#closedLeft -= 1;
    return true;
  };

  readonly #reportFromStart: ReportRequest = (intended, lateness, latency, service, outcome) =>
    this.report(intended - this.#startMs, lateness, latency, service, outcome);

  readonly #pumpAll = (nowMs: number): void => {
    for (const lane of this.#lanes) lane.pump(nowMs);
  };

  /** A connection is free: first what has come due meanwhile joins the queue, then the queue moves. */
  readonly #onFree = (nowMs: number): void => {
    this.#pacer?.poll(nowMs);
    this.#pumpAll(nowMs);
  };

  #sweep(): void {
    const nowMs = performance.now();
    for (const lane of this.#lanes) lane.sweep(nowMs);
    const idle = this.#lanes.every((lane) => lane.inflight === 0 && lane.waiting === 0);
    const nothingToCome = this.#pacer?.finished ?? (this.#closedStarted && this.#closedLeft <= 0);
    if ((idle && nothingToCome) || nowMs >= this.#stopAtMs) this.#finish();
  }
}

/** How often requests that are over their time are looked for. */
const SWEEP_MS = 20;
const QUEUE_LIMIT = 2_097_152;
const TEMPLATE_COUNT = 4_096;

/** Streams of random numbers, kept apart so that one use does not shift another. */
const STREAM_TEMPLATES = 1;
const STREAM_ARRIVALS = 0x1_0000;
const STREAM_BODIES = 0x2_0000;

const CLOCK: PacerClock = {
  now: () => performance.now(),
  afterMs: (ms, callback) => setTimeout(callback, ms),
  nextTurn: (callback) => setImmediate(callback),
};

async function makeTemplates({ bodies }: LoadPlan): Promise<BodyTemplate[]> {
  const { dataFile, seed } = bodies;
  if (dataFile !== null) return (await readDataFile(dataFile, bodies)).map(bodyTemplate);
  return madeUpTemplates(new Random(seed, STREAM_TEMPLATES), TEMPLATE_COUNT);
}

function endpointOf(url: URL): Endpoint {
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  // The URL parser keeps the brackets of an IPv6 address; sockets want it bare.
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, secure };
}
