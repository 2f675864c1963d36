import { Schema, type Connection } from 'mongoose';

/** What the read model of submissions holds, with the same index. */
const submission = new Schema(
  {
    _id: String,
    workspace: String,
    form: String,
    formVersion: Number,
    state: String,
    version: Number,
    answers: Schema.Types.Mixed,
    submittedAt: Date,
    submittedBy: String,
    updatedAt: Date,
  },
  { versionKey: false, minimize: false },
).index({ workspace: 1, form: 1, state: 1, submittedAt: -1, _id: -1 }, { name: 'by_form' });

/** Which request a key was used for, and what it made. */
const required = true;
const idempotency = new Schema(
  {
    _id: String,
    request: { type: String, required },
    submission: { type: String, required },
    at: { type: Date, required },
  },
  { versionKey: false },
);

/** One row a change: who, when, and what the answers were. `_id` is `<submission>.<version>`. */
const history = new Schema(
  { _id: String, version: Number, type: String, time: Date, actor: String, answers: Schema.Types.Mixed },
  { versionKey: false, minimize: false, typeKey: '$type' },
);

const key = new Schema(
  { _id: String, hash: { type: String, required }, workspace: { type: String, required } },
  { versionKey: false },
);

export function modelsOf(connection: Connection) {
  return {
    Submission: connection.model('Submission', submission),
    Idempotency: connection.model('Idempotency', idempotency),
    History: connection.model('History', history),
    Key: connection.model('Key', key),
  };
}
export type Models = ReturnType<typeof modelsOf>;
