import { describe, expect, it } from 'vitest';
import { warningBit } from '../../plates/reading-warnings.js';
import type { Reading } from '../../plates/reading.js';
import { CameraMetrics } from './camera-metrics.js';
import type { MetricId } from './catalogue.js';
import { MetricsRecorder } from './recorder.js';
import { MetricsTotals } from './totals.js';

const READING: Reading = {
  regnoRecognize: 'А12_ВС77',
  aftsRegnoAi: 'А123ВС77',
  recognitionAccuracy: 50,
  aftsRegnoAiScore: 0.9,
  charScores: [0.9, 0.75, 0.95],
  lengthScores: [0.99],
  cameraType: 'Стационарная',
  cameraClass: 'Астра-Трафик',
  time: { year: 2024, month: 1, day: 1, hour: 12, minute: 0, second: 0 },
  direction: 0,
};
const OTHER_CAMERA: Reading = { ...READING, cameraClass: 'Дозор' };
const SEVEN_SYMBOLS: Reading = { ...READING, regnoRecognize: 'A12ВС77' };

function createCameras() {
  const recorder = new MetricsRecorder();
  const totals = new MetricsTotals();
  totals.open(1, () => recorder.values());
  const cameras = new CameraMetrics(recorder);
  const sumOf = (id: MetricId, cameraClass = READING.cameraClass): number => {
    const names = recorder.drainNewSeries(false);
    if (names !== undefined) totals.name(1, names);
    totals.refresh();
    return totals.sum(id, ([name]) => name === cameraClass);
  };
  return { cameras, sumOf, recorder };
}

describe('CameraMetrics', () => {
  it('counts by camera what a reading shows', () => {
    const { cameras, sumOf } = createCameras();
    cameras.decided(READING, 0.8, 0);
    cameras.decided(SEVEN_SYMBOLS, 0.1, 0);
    expect(sumOf('cameraReadings')).toBe(2);
    expect(sumOf('cameraPositive')).toBe(1);
    expect(sumOf('cameraScoreSum')).toBeCloseTo(0.9);
    expect(sumOf('cameraUncertaintySum')).toBeCloseTo(0.5);
    expect(sumOf('cameraUnreadSymbols')).toBe(1);
    expect(sumOf('cameraTemplateMisses')).toBe(2);
    expect(sumOf('cameraLengthMismatches')).toBe(1);
    expect(sumOf('cameraReadings', OTHER_CAMERA.cameraClass)).toBe(0);
  });

  it('under load looks at some of the readings, which stand for the rest of their camera', () => {
    const { cameras, sumOf } = createCameras();
    for (let report = 0; report < 3; report += 1) {
      for (let i = 0; i < 500; i += 1)
        cameras.decided(i % 5 === 0 ? OTHER_CAMERA : READING, 0.8, 0);
      cameras.flush();
    }
    const counts = [
      [READING.cameraClass, 1200],
      [OTHER_CAMERA.cameraClass, 300],
    ] as const;
    for (const [name, readings] of counts) {
      expect(sumOf('cameraReadings', name)).toBe(readings);
      expect(sumOf('cameraPositive', name)).toBe(readings);
      expect(sumOf('cameraUnreadSymbols', name)).toBe(readings);
      expect(sumOf('cameraTemplateMisses', name)).toBe(readings);
      expect(sumOf('cameraUncertaintySum', name)).toBeCloseTo(readings / 4);
    }
    // Nothing is left over for a later reading to stand for.
    cameras.flush();
    cameras.decided(SEVEN_SYMBOLS, 0.8, 0);
    expect(sumOf('cameraUnreadSymbols')).toBe(1200);
    expect(sumOf('cameraLengthMismatches')).toBe(1);
  });

  it.each([-1.7e308, 1.7e308, 100])('takes no harm from a score of %d', (score) => {
    const { cameras, sumOf } = createCameras();
    const odd = { ...READING, charScores: [score] };
    for (let i = 0; i < 500; i += 1) cameras.decided(odd, 0.8, 0);
    cameras.flush();
    expect(sumOf('cameraUncertaintySum')).toBe(score < 0 ? 500 : 0);
  });

  it('counts odd readings by kind and class, whatever their type', () => {
    const recorder = new MetricsRecorder();
    const totals = new MetricsTotals();
    totals.open(1, () => recorder.values());
    const cameras = new CameraMetrics(recorder);
    const both = warningBit('plate_blanks') | warningBit('direction_code');
    cameras.decided(READING, 0.8, both);
    cameras.decided({ ...READING, cameraType: 'Мобильная' }, 0.8, warningBit('plate_blanks'));
    cameras.decided({ ...READING, cameraClass: 'А123ВС77' }, 0.8, warningBit('plate_blanks'));
    cameras.decided(READING, 0.8, 0);
    totals.name(1, recorder.drainNewSeries(false) ?? { series: [] });
    totals.refresh();
    const count = (...wanted: readonly string[]) =>
      totals.sum('readingWarnings', (labels) => labels.join() === wanted.join());
    expect(count('plate_blanks', READING.cameraClass)).toBe(2);
    expect(count('direction_code', READING.cameraClass)).toBe(1);
    expect(count('plate_blanks', 'other')).toBe(1);
    expect(totals.sum('readingWarnings', () => true)).toBe(4);
  });

  it('counts a refused body for its camera only where that camera is known', () => {
    const { cameras, sumOf } = createCameras();
    const body = { camera_class: READING.cameraClass, camera_type: READING.cameraType };
    cameras.refused(body);
    cameras.decided(READING, 0.5, 0);
    cameras.refused(body);
    cameras.refused(null);
    cameras.refused({ camera_class: 7 });
    expect(sumOf('cameraRefusals')).toBe(1);
    expect(sumOf('cameraRefusals', 'other')).toBe(1);
  });

  it("of many cameras has series for as many as the primary names, each with all workers' readings", () => {
    const totals = new MetricsTotals();
    const workers = [1, 2].map((source) => {
      const recorder = new MetricsRecorder();
      totals.open(source, () => recorder.values());
      return { source, recorder, cameras: new CameraMetrics(recorder) };
    });
    const classOf = (camera: number): string => `class ${camera}`;
    const report = (): void => {
      for (const { source, recorder, cameras } of workers) {
        cameras.flush();
        const names = recorder.drainNewSeries(false);
        if (names !== undefined) totals.name(source, names);
      }
      totals.refresh();
      for (const { cameras } of workers) cameras.name(totals.cameras.list);
    };
    const CAMERAS = 90;
    // Each worker meets them in another order; then twenty times as many come.
    for (const [i, { cameras }] of workers.entries()) {
      for (let n = 0; n < CAMERAS; n += 1) {
        cameras.decided(
          { ...READING, cameraClass: classOf(i === 0 ? n : CAMERAS - 1 - n) },
          0.5,
          0,
        );
      }
    }
    report();
    for (let n = 0; n < 20 * CAMERAS; n += 1) {
      for (const { cameras } of workers) {
        cameras.decided({ ...READING, cameraClass: classOf(n) }, 0.5, 0);
      }
    }
    report();
    const series = [...totals.list('cameraReadings')];
    const named = series.filter(({ labels }) => labels[0] !== 'other');
    expect(named).toHaveLength(60);
    for (const { values } of named) expect(values[0]).toBe(4);
    expect(totals.sum('cameraReadings')).toBe(2 * 21 * CAMERAS);
    expect(series).toHaveLength(61);
  });

  it('grows by no camera that has no label of its own', () => {
    const { cameras, sumOf, recorder } = createCameras();
    cameras.decided(READING, 0.5, 0);
    cameras.decided({ ...READING, cameraClass: 'А000АА77', cameraType: 'А000АА77' }, 0.5, 0);
    const values = recorder.values().length;
    for (let n = 0; n < 3000; n += 1) {
      const plate = `А${String(n % 1000).padStart(3, '0')}ВС7${n % 10}`;
      const long = `${'x'.repeat(64)}${n}`;
      cameras.decided({ ...READING, cameraClass: plate, cameraType: plate }, 0.5, 0);
      cameras.decided({ ...READING, cameraClass: long, cameraType: 'y' }, 0.5, 0);
    }
    expect(sumOf('cameraReadings', 'other')).toBe(3001);
    expect(sumOf('cameraReadings', 'x'.repeat(64))).toBe(3000);
    // One camera more, and room for others is left.
    expect(recorder.values().length).toBe(values + values / 2);
    cameras.decided(OTHER_CAMERA, 0.5, 0);
    expect(sumOf('cameraReadings', OTHER_CAMERA.cameraClass)).toBe(1);
  });

  it.each([
    'A_123_BC_77',
    'А_123_ВС77',
    'РА345СУ77',
    'В34_АЕ77',
    'a123bc77',
    'А 123 ВС 77',
    'A-123-BC-77',
    'cam А123ВС77',
  ])('does not put %s on display', (plate) => {
    const { cameras, sumOf } = createCameras();
    cameras.decided({ ...READING, cameraClass: plate, cameraType: plate }, 0.5, 0);
    expect(sumOf('cameraReadings', plate)).toBe(0);
    expect(sumOf('cameraReadings', 'other')).toBe(1);
  });
});
