/**
 * What Sentry's client takes as a DSN (`makeDsn` of @sentry/core), written once more here: the client
 * prints what it cannot use, secrets included, and reports nothing from then on. A test holds the two
 * together.
 */
const DSN = /^https?:\/\/\w+(?::\w*)?@(?:\[[:.%\w]+\]|[\w.-]+)(?::\d+)?\/(.+)/;

/** Whether Sentry's client can report with it. */
export function isDsn(text: string): boolean {
  const path = DSN.exec(text)?.[1];
  // The project's number; the client ignores what follows its digits.
  const projectId = path?.slice(path.lastIndexOf('/') + 1);
  return projectId !== undefined && /^\d/.test(projectId) && URL.canParse(text);
}
