import {
  PerformanceObserver,
  constants,
  monitorEventLoopDelay,
  performance,
  type PerformanceEntry,
} from 'node:perf_hooks';
import type { MetricsRecorder } from './recorder.js';

const INTERVAL_MS = 1000;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
const LOOP_DELAY_RESOLUTION_MS = 10;

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak',
};

/** Watches the process itself: event loop, memory, CPU and garbage collection, once a second. */
export class ProcessMetrics {
  #timer: NodeJS.Timeout | undefined;
  #observer: PerformanceObserver | undefined;
  readonly #delay = monitorEventLoopDelay({ resolution: LOOP_DELAY_RESOLUTION_MS });
  #utilization = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();

  constructor(
    private readonly recorder: MetricsRecorder,
    private readonly slot: string,
  ) {}

  start(): void {
    this.#delay.enable();
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#countGc(entry);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#timer = setInterval(() => this.#sample(), INTERVAL_MS).unref();
    this.#sample();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#observer?.disconnect();
    this.#delay.disable();
  }

  #countGc(entry: PerformanceEntry & { detail?: unknown }): void {
    const { detail } = entry;
    const kind =
      typeof detail === 'object' && detail !== null && 'kind' in detail ? Number(detail.kind) : 0;
    const name = GC_KINDS[kind] ?? 'other';
    this.recorder.counter('gcSeconds', this.slot, name).inc(entry.duration / 1000);
  }

  #sample(): void {
    const { recorder, slot } = this;
    const utilization = performance.eventLoopUtilization();
    const { utilization: ratio } = performance.eventLoopUtilization(utilization, this.#utilization);
    this.#utilization = utilization;
    recorder.gauge('loopUtilization', slot).set(ratio);
    const delay = (nanoseconds: number): number =>
      Math.max(0, nanoseconds / NANOSECONDS - LOOP_DELAY_RESOLUTION_MS / 1000) || 0;
    recorder.gauge('loopDelay', slot, '50').set(delay(this.#delay.percentile(50)));
    recorder.gauge('loopDelay', slot, '99').set(delay(this.#delay.percentile(99)));
    recorder.gauge('loopDelay', slot, '100').set(delay(this.#delay.max));
    this.#delay.reset();
    this.#sampleMemory();
    const cpu = process.cpuUsage(this.#cpu);
    this.#cpu = process.cpuUsage();
    recorder.counter('cpuSeconds', slot).inc((cpu.user + cpu.system) / MICROSECONDS);
  }

  /** Memory is read from a file: out of descriptors, the last values stand. */
  #sampleMemory(): void {
    try {
      const { rss, heapUsed } = process.memoryUsage();
      this.recorder.gauge('rssBytes', this.slot).set(rss);
      this.recorder.gauge('heapBytes', this.slot).set(heapUsed);
    } catch {
      // The next sample is a second away.
    }
  }
}
