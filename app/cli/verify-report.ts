import { formatTable } from './table.js';
import { formatCount, formatSeconds, plural, printable } from './text-format.js';
import type { VerifyResult } from './verify-rows.js';

/** A {@link VerifyResult} for people: a row per path, what went wrong first, and the verdict. */
export function formatVerifyResult(result: VerifyResult): string {
  const parts = [pathTable(result)];
  const problems = result.paths.flatMap(({ path, firstProblem }) =>
    firstProblem === null ? [] : [`${path}: ${printable(firstProblem, 500)}`],
  );
  if (result.firstBadLine !== null) {
    const lines = plural(result.badLines, 'bad line');
    problems.unshift(`${lines}, the first: ${printable(result.firstBadLine, 500)}`);
  }
  if (problems.length > 0) parts.push(problems.join('\n'));
  parts.push(verdict(result));
  return parts.join('\n\n');
}

function pathTable({ paths, tolerance }: VerifyResult): string {
  return formatTable(
    [
      { head: 'path' },
      { head: 'rows', align: 'right' },
      { head: 'unanswered', align: 'right' },
      { head: `above ${tolerance}`, align: 'right' },
      { head: 'largest difference', align: 'right' },
      { head: 'worst row', align: 'right' },
      { head: 'time', align: 'right' },
    ],
    paths.map((path) => [
      path.path,
      formatCount(path.answered),
      formatCount(path.unanswered),
      formatCount(path.beyondTolerance),
      path.worstRow === null
        ? '-'
        : path.largestDifference === 0
          ? '0'
          : path.largestDifference.toExponential(3),
      path.worstRow === null ? '-' : `line ${path.worstRow}`,
      formatSeconds(path.seconds),
    ]),
  );
}

function verdict({ ok, rows, tolerance }: VerifyResult): string {
  if (ok) return `passed: ${plural(rows, 'row')} within ${tolerance}`;
  if (rows === 0) return 'FAILED: no row was compared';
  return `FAILED: not all rows are answered within ${tolerance}`;
}
