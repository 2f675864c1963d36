/**
 * Where each aggregate's events lie in the log. Subjects are literal: the event's type is in its header, so one
 * aggregate is read by one subject, without a wildcard.
 */
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a string can be one token of a subject: an id of a workspace, form or submission. */
export const isToken = (value: string): boolean => TOKEN.test(value);

function token(value: string): string {
  if (!isToken(value)) throw new RangeError(`not a subject token: ${JSON.stringify(value.slice(0, 80))}`);
  return value;
}

export const subjects = {
  workspace: (workspace: string) => `evt.${token(workspace)}.workspace.${token(workspace)}`,
  access: (workspace: string, key: string) => `evt.${token(workspace)}.access.${token(key)}`,
  form: (workspace: string, form: string) => `evt.${token(workspace)}.form.${token(form)}`,
  submission: (workspace: string, form: string, submission: string) =>
    `evt.${token(workspace)}.submission.${token(form)}.${token(submission)}`,
  webhook: (workspace: string, endpoint: string) => `evt.${token(workspace)}.webhook.${token(endpoint)}`,
  mail: (workspace: string, template: string) => `evt.${token(workspace)}.mail.${token(template)}`,
  /** The state of one task that callers follow. */
  task: (workspace: string, task: string) => `tev.${token(workspace)}.${token(task)}`,
  /** That one task of a batch has ended; the batch's own state is that of a task. */
  batchMember: (workspace: string, batch: string, member: string) =>
    `tev.${token(workspace)}.${token(batch)}.${token(member)}`,
  /** The attempts to deliver what happened to one submission, or to something else (`_`), to one endpoint. */
  delivery: (workspace: string, endpoint: string, owner: string) =>
    `delivery.${token(workspace)}.${token(endpoint)}.${token(owner)}`,
  /** The wrapped data key of one submission; deleting it erases the submission. */
  dataKey: (workspace: string, submission: string) => `key.${token(workspace)}.${token(submission)}`,
  /** The workspace's own key, wrapped by the master key. */
  workspaceKey: (workspace: string) => `key.${token(workspace)}._workspace`,
} as const;

/** Filters for readers of whole families. */
export const families = {
  workspace: 'evt.*.workspace.>',
  access: 'evt.*.access.>',
  form: 'evt.*.form.>',
  submission: 'evt.*.submission.>',
  webhook: 'evt.*.webhook.>',
  mail: 'evt.*.mail.>',
  task: 'tev.>',
  /** The states of tasks and batches, without the ends of a batch's tasks. */
  taskState: 'tev.*.*',
  delivery: 'delivery.>',
  keys: 'key.>',
} as const;
