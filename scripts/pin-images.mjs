/**
 * `npm run pin:images`: writes the digest of each public image behind its tag, in the compose file
 * and in the Dockerfile: a tag can be moved by whoever owns it, a digest cannot. Asks the registries
 * by docker buildx, and writes all or nothing. Run again after a change of tags.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { answerHelp } from '../tools/help-option.mjs';

answerHelp(`usage: npm run pin:images
Writes the digest of each public image behind its tag, in docker-compose.yml and the Dockerfile.
Asks the registries by docker buildx.`);

const FILES = ['docker-compose.yml', 'Dockerfile'];
/** Our own images are built and have a variable for a tag. */
const IMAGE = /^( *image: |ARG NODE_IMAGE=)([a-z0-9][\w./-]*:[\w.-]+)(@sha256:[0-9a-f]{64})?$/gm;

const texts = new Map(FILES.map((file) => [file, readFileSync(file, 'utf8')]));
const names = new Set(
  [...texts.values()].flatMap((text) => [...text.matchAll(IMAGE)].map(([, , name]) => name)),
);
const digests = new Map();
const faults = [];
for (const name of names) {
  const { digest, fault } = ask(name);
  if (digest === undefined) faults.push(`${name}: ${fault}`);
  else digests.set(name, digest);
}
if (names.size === 0 || faults.length > 0) {
  console.error(`No digest was written.\n${faults.join('\n') || 'No image is named.'}`);
  process.exit(1);
}
for (const [file, text] of texts) {
  writeFileSync(
    file,
    text.replace(IMAGE, (_all, before, name) => `${before}${name}@${digests.get(name)}`),
  );
}
for (const [name, digest] of digests) console.log(`${name}@${digest}`);

/** The digest of the list of an image's systems, so that one pin serves all of them. */
function ask(name) {
  const args = ['buildx', 'imagetools', 'inspect', name, '--format', '{{json .Manifest}}'];
  const { error, status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  if (error !== undefined) return { fault: `docker cannot be started: ${error.message}` };
  if (status !== 0) return { fault: stderr.trim().split('\n').at(-1) };
  const { digest } = JSON.parse(stdout);
  return /^sha256:[0-9a-f]{64}$/.test(digest) ? { digest } : { fault: `no digest in ${stdout}` };
}
