/** What `run.ts` hands to the tests, through the environment. */
export const QUICK_VARIABLE = 'FAULTS_QUICK';
export const P99_VARIABLE = 'FAULTS_P99_MS';
export const REPORT_VARIABLE = 'FAULTS_REPORT';

const isQuick = process.env[QUICK_VARIABLE] === '1';

/** Requests per second of the witness. */
export const RATE = 500;
/** How long the witness measures where a fault needs no longer. */
export const WITNESS_SECONDS = isQuick ? 4 : 15;
/** The same of each load of the overload tests. */
export const OVERLOAD_SECONDS = isQuick ? 2 : 4;
/** How often peak and overload take turns; medians count. */
export const OVERLOAD_ROUNDS = isQuick ? 3 : 7;
/** What the 99th percentile of the answers may be, from before the fault until after it. */
export const P99_MS_MAX = Number(process.env[P99_VARIABLE] ?? 20);
/** All must be as before so soon after a fault. */
export const RECOVERY_MS = 5000;
