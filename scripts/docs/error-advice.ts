import type { ModelErrorCode } from '../../app/model/errors.js';
import type { RegistryErrorCode } from '../../app/registry/registry-error.js';
import type { RefusalCode } from '../../app/routes/refusal.js';

export interface Advice {
  /** What has happened. */
  readonly about: string;
  /** What whoever sees it can do. */
  readonly advice: string;
}

/** The prose of docs/errors.md for each refusal: a code without its entry does not compile. */
export const REFUSAL_ADVICE: Readonly<Record<RefusalCode, Advice>> = {
  malformed_http: {
    about:
      'What was sent is not HTTP: a broken request line, header or chunk, two lengths, an unknown method.',
    advice:
      'Look at what the client, or the proxy before the service, writes. The connection is closed.',
  },
  invalid_path: {
    about: 'The path holds a `%` that is not followed by two hexadecimal digits of UTF-8.',
    advice: 'Percent-encode the path; readings go to `POST /reg/`.',
  },
  invalid_timeout: {
    about:
      'The header `x-request-timeout-ms` is there and is no whole number of up to nine digits.',
    advice: 'Send milliseconds, such as `500`, or leave the header out.',
  },
  invalid_compression: {
    about:
      'The body is announced as compressed by `content-encoding`, but is cut off, damaged, something else, or followed by more bytes. The text says which.',
    advice: 'Compress the body once, as the header says, or send it as it is without the header.',
  },
  empty_body: {
    about: 'The request has no body, or one of nothing but white space.',
    advice:
      'Send the reading as the body. A redirect from `http` to `https` on the way may have dropped it.',
  },
  invalid_utf8: {
    about:
      'The body is not UTF-8. The text names the first byte that is not, or the encoding that the body seems to have.',
    advice: 'Write the body in UTF-8; a byte order mark before it is ignored.',
  },
  invalid_json: {
    about:
      'The body is no JSON. The text says what was expected and where: the byte offset counts from 0, lines and columns count from 1. It never repeats what was sent. Where the body is a JSON string, the place is one of the text that the string holds.',
    advice:
      'Let a JSON library write the body. `NaN`, single quotes, comments and a comma at the end are no JSON.',
  },
  not_an_object: {
    about: 'The body is JSON, but a list, a number or the like. The text says what it is.',
    advice:
      'Send one object with the ten fields, or a JSON string that holds one; not a list of readings.',
  },
  invalid_fields: {
    about:
      'The body is no reading. The text names every faulty field at once and what was expected of it; values are never repeated.',
    advice:
      'Correct the fields that are named. The same body will be refused again, so do not repeat it as it is.',
  },
  unauthorized: {
    about: 'The header `x-api-key` is missing, or holds no key that this service accepts.',
    advice:
      'Send one of the keys in API_KEYS or API_KEYS_FILE. Health and metrics need none. A page of another origin whose preflight (`OPTIONS`, which never has a key) gets this needs its origin in REGNO_CORS_ORIGINS.',
  },
  not_found: {
    about: 'There is no such route.',
    advice: 'Readings go to `POST /reg/`; `/openapi.json` lists all routes.',
  },
  method_not_allowed: {
    about: 'The route exists, for other methods; the header `Allow` names them.',
    advice: 'Use one of these methods.',
  },
  request_timeout: {
    about: 'The head or the body of the request did not arrive in time.',
    advice:
      'Send a request in one go. On slow networks raise REGNO_HEADERS_TIMEOUT_MS or REGNO_BODY_TIMEOUT_MS.',
  },
  body_too_large: {
    about:
      'The body has more bytes than REGNO_BODY_LIMIT_BYTES, as it was sent or once it is decompressed; it was not read to its end.',
    advice:
      'A reading has a few hundred bytes: look at what is sent. Raise the limit if it is right.',
  },
  unsupported_media_type: {
    about:
      'The body is announced as something else than JSON. The text says as what; the header `Accept` says what is accepted.',
    advice: 'Send `content-type: application/json`, or none.',
  },
  unsupported_charset: {
    about:
      'The `content-type` names a charset other than UTF-8. JSON between systems is UTF-8 (RFC 8259).',
    advice: 'Write the body in UTF-8, and name that charset or none.',
  },
  unsupported_encoding: {
    about:
      'The body is compressed in a way that is not understood, or several times. The text says how; the header `Accept-Encoding` says what is accepted.',
    advice:
      'Send the body as it is, or with `content-encoding: gzip` or `deflate`. A transfer coding other than `chunked` is not understood either.',
  },
  headers_too_large: {
    about: 'The head of the request is larger than 16 KiB, or has more than 100 headers.',
    advice: 'Send fewer or shorter headers; cookies are not needed.',
  },
  overload_inflight: {
    about:
      'The worker has as many readings between key and answer as REGNO_INFLIGHT_MAX allows. The body was not read. Requests without a valid key, health checks and scrapes do not count.',
    advice:
      'Try again after the seconds in `Retry-After`. If it lasts: more workers or hosts, or less load.',
  },
  overload_queue: {
    about: 'As many readings wait for the model as REGNO_QUEUE_ROWS_MAX allows.',
    advice:
      'Try again after the seconds in `Retry-After`. If it lasts: more workers or hosts, or less load.',
  },
  deadline: {
    about:
      'The reading could not be scored within REGNO_DEADLINE_MS, or within the `x-request-timeout-ms` of the client.',
    advice: 'Try again after the seconds in `Retry-After`; look at the event loop and the queue.',
  },
  too_many_scrapes: {
    about:
      'More requests for `/metrics` or `/status.json` wait than any monitoring sends. The primary renders these figures once for all who ask at about the same time.',
    advice: 'Find out who asks so often; readings are not disturbed by it.',
  },
  primary_unavailable: {
    about:
      'The primary process, which has the figures of all workers, did not answer within two seconds, and nothing was read from it in the last minute that could stand in. Readings are answered all the same.',
    advice: 'Look at the log and the CPU of the primary process; is it stopped?',
  },
  model_unavailable: {
    about:
      'The loaded model did not give its golden answers, so no answer of it is trusted. `/health/ready` says so too.',
    advice:
      'Look at the log of the start. Check the model with `npx regno verify --model MODEL --expected golden.ndjson`.',
  },
  draining: {
    about:
      'This instance is stopping. Only `/health/ready` answers so, with the state of its health as the body; readings that still come are answered, and the connections closed.',
    advice: 'Send new requests to another instance.',
  },
  internal: {
    about:
      'A fault of regno itself. The text never says what is inside; the log has it under the request’s id, and so does Sentry where it is set up.',
    advice: 'Find the `x-request-id` of the answer in the log, and report what it says.',
  },
};

/** The prose of docs/errors.md for each code of a ModelError. */
export const MODEL_ERROR_ADVICE: Readonly<Record<ModelErrorCode, Advice>> = {
  'unreadable-model': {
    about:
      'The file of a model is not there, this user may not read it, or it is a folder or a device where a file is expected. The message names the path and what was expected there.',
    advice: 'Correct the path or the rights of the file.',
  },
  'damaged-model': {
    about:
      'The bytes contradict the format: cut off, overwritten, or no model at all; or a manifest does not fit its model. The message names section and offset, or the field of the manifest.',
    advice:
      'Get the file again from where it was trained, and compare its SHA-256 (`npx regno inspect`).',
  },
  'unsupported-model': {
    about:
      'The file is in order, but uses something that regno does not evaluate: embeddings, another tokenizer, a letter dictionary. The message names it.',
    advice:
      'Train without what is named, or ask for it: a small model that shows it is the best request.',
  },
  'limit-exceeded': {
    about:
      'A size in the file, or of what it would grow to, is beyond what regno accepts, so that a hostile file cannot exhaust the memory.',
    advice: 'If the model is honest, make it smaller: fewer or shallower trees, fewer CTRs.',
  },
  'invalid-input': {
    about:
      'A value does not fit its feature: text for a number, an unpaired surrogate, a row that is too short. The message names row and feature.',
    advice:
      'Correct the row. Numbers may be NaN (missing); texts and categories must be well-formed strings.',
  },
  'incompatible-model': {
    about:
      'The model is right and cannot do this job: it asks for features that pick_regno does not make, does not have two classes, or is an ONNX file that regno did not make.',
    advice:
      'Serve a model trained on these features (training/), compile the `.cbm` with `npx regno compile`, or use `encodeRows` of the library for features of your own.',
  },
};

/** The prose of docs/errors.md for each code of a RegistryError. */
export const REGISTRY_ERROR_ADVICE: Readonly<Record<RegistryErrorCode, Advice>> = {
  'invalid-name': {
    about:
      'The name of a model, version, alias or registry cannot be one: names become folders and keys, so that slashes and leading dots are refused.',
    advice: 'Take another name; the message says which symbols are allowed.',
  },
  'registry-unreachable': {
    about:
      'The registry did not answer, or this user may not read or write it. The message has the reason of the system.',
    advice:
      'Look at the place that the message names, and try again. A service that runs is not touched.',
  },
  'unknown-model': {
    about: 'The registry has no model of this name. The message lists those that it has.',
    advice: 'Correct the name, or push the model.',
  },
  'unknown-version': {
    about: 'The model has neither a version nor an alias of this name.',
    advice: 'Look at `regno models list`.',
  },
  'version-exists': {
    about: 'A version of this name is there already, and a version never changes.',
    advice: 'Push it under another version.',
  },
  'damaged-version': {
    about:
      'A version is not what its manifest or the deployment says: a file is missing, cut or changed, or a manifest belongs to another version. Nothing is served from it.',
    advice:
      'Push the model anew under another version, or restore the file that the message names.',
  },
  'refused-version': {
    about:
      'The model was compiled and did not pass: its golden readings are answered wrongly, or a reading takes longer than the budget.',
    advice:
      'Find out which of the two is right, the model or its golden readings, before it is pushed.',
  },
  'deployment-conflict': {
    about:
      'Somebody else has changed the deployment since it was read. Nothing was changed by you.',
    advice: 'Look at `regno models history`, and decide again.',
  },
};
