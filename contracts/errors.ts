/**
 * Every error that Formbus answers with, in one table. The domain throws a {@link Problem} with a code; the edge
 * looks up status and text here. docs/errors.md is generated from this table, and a test holds it to that.
 */
export interface ErrorEntry {
  readonly status: number;
  /** Short and the same for every occurrence (RFC 9457 `title`). */
  readonly title: string;
  /** What the caller can do about it. */
  readonly action: string;
}

const entry = (status: number, title: string, action: string): ErrorEntry => ({ status, title, action });

export const ERRORS = {
  malformed_json: entry(400, 'The body is not JSON', 'Send one JSON document, encoded in UTF-8.'),
  bad_request: entry(
    400,
    'The request is malformed',
    'Correct what `detail` and `errors` name and send it again.',
  ),
  bad_position: entry(
    400,
    'The position is malformed or of another epoch',
    'Send a value that Formbus gave in Formbus-Position since the last restore, or leave the header out.',
  ),
  bad_cursor: entry(
    400,
    'The cursor does not belong to this list',
    'Start again without `cursor`, or repeat the filter and sort that it was made with.',
  ),
  unauthenticated: entry(
    401,
    'No valid API key',
    'Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired.',
  ),
  forbidden: entry(403, 'The key lacks the scope', 'Use a key with the scope that `detail` names.'),
  not_found: entry(404, 'Nothing is here', 'Check the address.'),
  form_not_found: entry(404, 'No such form', 'Check the form id and that the key belongs to its workspace.'),
  version_not_found: entry(
    404,
    'No such version of the form',
    'Read the form with GET /v1/forms/{form}: `versions` lists them.',
  ),
  submission_not_found: entry(
    404,
    'No such submission',
    'Check the submission id, or send Formbus-Min-Position to read your own write.',
  ),
  key_not_found: entry(404, 'No such API key', 'List the keys of the workspace.'),
  mail_template_not_found: entry(404, 'No such mail template', 'List the templates of the workspace.'),
  webhook_not_found: entry(404, 'No such webhook', 'List the webhooks of the workspace.'),
  delivery_not_found: entry(
    404,
    'No such delivery',
    'List the deliveries of the webhook; they are kept for 30 days.',
  ),
  dead_letter_not_found: entry(
    404,
    'No such dead letter',
    'List the dead letters: it was retried or discarded, or is older than 30 days.',
  ),
  task_not_found: entry(
    404,
    'No such task',
    'Check the id; what a task came to can be read until `expiresAt`.',
  ),
  task_kind_not_found: entry(
    404,
    'No such kind of task',
    'List the kinds with GET /v1/operations/task-kinds.',
  ),
  method_not_allowed: entry(405, 'The method is not allowed here', 'See the Allow header.'),
  not_acceptable: entry(406, 'No representation that the Accept header allows', 'Accept application/json.'),
  form_exists: entry(
    409,
    'A form with this id exists',
    'Choose another id, or edit the draft of the existing form.',
  ),
  dead_letter_unclaimed: entry(
    409,
    'Nobody would take the dead letter up again',
    'Its consumer is gone. Start the service that does this work and try again, or discard the letter.',
  ),
  dead_letter_discarded: entry(
    409,
    'The dead letter was discarded',
    'Do again by hand what it stood for; a discarded letter can only be read.',
  ),
  task_over: entry(409, 'The task has ended', 'Read what it came to with GET /v1/tasks/{id}.'),
  key_exists: entry(
    409,
    'The API key was made already',
    'A key is shown once: if it was lost, revoke the one that `detail` names and create another with a new Idempotency-Key.',
  ),
  form_has_no_draft_change: entry(
    409,
    'The draft equals the published version',
    'Edit the draft before you publish.',
  ),
  form_not_published: entry(409, 'The form has no published version', 'Publish the form first.'),
  version_retired: entry(
    409,
    'This version of the form is retired',
    'Submit without `version` to the one that GET /v1/forms/{form} names in `current`; while that is null, publish a new version first.',
  ),
  form_retired: entry(
    409,
    'The form is retired',
    'It takes no submissions and no changes any more, for ever; what was submitted can still be read. Create another form.',
  ),
  contended: entry(409, 'Others kept changing this at the same time', 'Send the request again.'),
  webhook_disabled: entry(409, 'The webhook is disabled', 'Enable it first.'),
  too_many_webhooks: entry(
    409,
    'The workspace has as many webhooks as it can',
    'Delete one that is no longer needed.',
  ),
  too_many_replays: entry(
    409,
    'As many replays as can wait are not over yet',
    'Wait until one is, or cancel one: GET /v1/tasks?kind=webhook-replay lists them.',
  ),
  erased: entry(410, 'This submission was erased', 'Nothing of it is left to read.'),
  stale: entry(412, 'It was changed since you read it', 'Read it again, and send its new ETag in If-Match.'),
  body_too_large: entry(
    413,
    'The body is over the limit',
    'Send at most the number of bytes that `detail` names.',
  ),
  unsupported_media_type: entry(
    415,
    'The media type is not supported',
    'Send application/json in UTF-8, uncompressed.',
  ),
  invalid_definition: entry(
    422,
    'The form definition has errors',
    'Correct what `errors` lists: every error of shape or, once the shape is right, every one of names and rules.',
  ),
  webhook_target_refused: entry(
    422,
    'Webhooks must not be sent there',
    'Give an https address on the public internet, or have the operator allow its network in WEBHOOK_ALLOW_CIDRS.',
  ),
  invalid_answers: entry(
    422,
    'The answers do not satisfy the form',
    'Correct what `errors` lists; all of them are listed.',
  ),
  invalid_template: entry(
    422,
    'The mail template has errors',
    'Correct what `errors` lists; each names its line and column.',
  ),
  idempotency_key_reused: entry(
    422,
    'The Idempotency-Key was used with another body',
    'Use a new key for a new request; repeat the old body with the old key.',
  ),
  precondition_required: entry(
    428,
    'The change needs If-Match',
    'Read the resource, and send its ETag in If-Match, or `*` to change whatever is there.',
  ),
  too_many_requests: entry(429, 'Too many of these requests', 'Try again after Retry-After.'),
  seal_broken: entry(
    500,
    'What was sealed cannot be opened',
    'It was damaged, or is kept in another place than it was sealed for. Report it with the request id; a secret can be set anew.',
  ),
  task_failed: entry(
    500,
    'The task failed',
    'Ask the operator: the dead letters hold the task with its error, and can be retried.',
  ),
  internal: entry(
    500,
    'Something went wrong inside Formbus',
    'Report it with the request id; the log holds the cause.',
  ),
  mail_refused: entry(
    502,
    'The mail server did not take the mail',
    'Correct what `detail` names, the address or the settings of the mail server, and send it again.',
  ),
  mail_not_configured: entry(
    503,
    'No mail server is configured',
    'Ask the operator of Formbus to set SMTP_URL and MAIL_FROM.',
  ),
  bus_unavailable: entry(
    503,
    'The event log cannot be reached',
    'Send the request again after Retry-After; with the same Idempotency-Key nothing is done twice.',
  ),
  outcome_unknown: entry(
    503,
    'The write may or may not have been stored',
    'Repeat the request with the same Idempotency-Key.',
  ),
  read_model_not_ready: entry(
    503,
    'The read model is not there yet, or is being built anew',
    'The status of operations says how it stands with it; try again when it is live.',
  ),
  read_model_unavailable: entry(
    503,
    'The read model cannot be reached',
    'Reads come back by themselves; writes go on. Try again after Retry-After.',
  ),
  read_model_behind: entry(
    503,
    'The read model has not reached the position',
    'Try again after Retry-After, or read without Formbus-Min-Position.',
  ),
  service_unavailable: entry(
    503,
    'A service behind the gateway does not answer',
    'Try again after Retry-After.',
  ),
  overloaded: entry(503, 'More requests than can be served', 'Try again after Retry-After.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One of several things wrong with a request, with the place where: a JSON Pointer into what the code speaks of. */
export interface ErrorItem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  /** The rule that was broken, where one is written in the form. */
  readonly rule?: string;
}

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERRORS, value);

/** What the domain throws: a code of the table, what exactly was wrong, and where. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly errors: readonly ErrorItem[];
  /** Seconds after which a repeat makes sense; becomes Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { errors?: readonly ErrorItem[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(detail ?? ERRORS[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.retryAfter = options.retryAfter;
  }
}
