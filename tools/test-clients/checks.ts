import { randomBytes } from 'node:crypto';
import type { Egress } from '#security/egress/egress';
import { webhookKeyPair, webhookSecret } from '#security/webhook-secret';
import { signWebhook, type SigningKeys } from '#security/webhook-signature';
import { eventually } from '../testing/eventually.ts';
import type { RunningReceiver } from './running.ts';

/** Everything that a receiver is tested with, made anew for each of them. */
export const newKeys = () => ({
  secret: webhookSecret(randomBytes(32)),
  otherSecret: webhookSecret(randomBytes(32)),
  pair: webhookKeyPair(randomBytes(32)),
  otherPair: webhookKeyPair(randomBytes(32)),
});
export type Keys = ReturnType<typeof newKeys>;

/** One check: what is sent, all of it, and how often it must have been handled in the end. */
export interface Check {
  readonly name: string;
  readonly sent: readonly Sending[];
  readonly accepted: boolean;
}

interface Sending {
  readonly signedWith: SigningKeys;
  /** How old the timestamp is. */
  readonly ageSeconds?: number;
  /** Changes the body after it was signed. */
  readonly tampered?: boolean;
}

const TEN_MINUTES = 600;

/** For a receiver that has `secret`. */
export const secretChecks = ({ secret, otherSecret, pair }: Keys): readonly Check[] => [
  { name: 'takes a good delivery', sent: [{ signedWith: { secrets: [secret] } }], accepted: true },
  {
    name: 'handles once what is sent three times',
    sent: Array.from({ length: 3 }, () => ({ signedWith: { secrets: [secret] } })),
    accepted: true,
  },
  {
    name: 'refuses the signature of another secret',
    sent: [{ signedWith: { secrets: [otherSecret] } }],
    accepted: false,
  },
  {
    name: 'refuses a body that was changed',
    sent: [{ signedWith: { secrets: [secret] }, tampered: true }],
    accepted: false,
  },
  {
    name: 'refuses a timestamp of ten minutes ago',
    sent: [{ signedWith: { secrets: [secret] }, ageSeconds: TEN_MINUTES }],
    accepted: false,
  },
  {
    name: 'refuses a timestamp ten minutes ahead',
    sent: [{ signedWith: { secrets: [secret] }, ageSeconds: -TEN_MINUTES }],
    accepted: false,
  },
  {
    name: 'goes on with the old secret during a rotation',
    sent: [{ signedWith: { secrets: [otherSecret, secret], keys: [pair.secretKey] } }],
    accepted: true,
  },
  {
    name: 'goes on with the new secret during a rotation',
    sent: [{ signedWith: { secrets: [secret, otherSecret], keys: [pair.secretKey] } }],
    accepted: true,
  },
];

/** For a receiver that has the public key of `pair`. */
export const publicKeyChecks = ({ secret, pair, otherPair }: Keys): readonly Check[] => [
  {
    name: 'takes a good ed25519 signature beside others',
    sent: [{ signedWith: { secrets: [secret], keys: [otherPair.secretKey, pair.secretKey] } }],
    accepted: true,
  },
  {
    name: 'refuses the ed25519 signature of another key',
    sent: [{ signedWith: { secrets: [secret], keys: [otherPair.secretKey] } }],
    accepted: false,
  },
  {
    name: 'refuses a changed body under ed25519',
    sent: [{ signedWith: { keys: [pair.secretKey] }, tampered: true }],
    accepted: false,
  },
  {
    name: 'refuses an old timestamp under ed25519',
    sent: [{ signedWith: { keys: [pair.secretKey] }, ageSeconds: TEN_MINUTES }],
    accepted: false,
  },
];

/** Does one check. Rejects with one line that says what the receiver did in place of what it should. */
export async function run(check: Check, receiver: RunningReceiver, egress: Egress): Promise<void> {
  const id = newId();
  for (const sending of check.sent) {
    const status = await send(id, sending, receiver.url, egress);
    const isAccepted = status >= 200 && status < 300;
    if (isAccepted !== check.accepted) throw new Error(`it answered ${status}`);
  }
  // Work comes after the answer. One good delivery more marks the time by which that of all before it is done.
  const handled = await handledBefore(receiver, egress, id, check);
  const expected = check.accepted ? 1 : 0;
  if (handled !== expected) throw new Error(`it was handled ${handled} times`);
}

async function handledBefore(
  receiver: RunningReceiver,
  egress: Egress,
  id: string,
  check: Check,
): Promise<number> {
  const count = (wanted: string): number => receiver.handled.filter((one) => one === wanted).length;
  if (check.accepted) {
    const last = newId();
    await send(last, check.sent[0]!, receiver.url, egress);
    await eventually(() => {
      if (count(last) === 0) throw new Error('it was answered, but not handled');
    });
  }
  return count(id);
}

const newId = (): string => `msg_${randomBytes(12).toString('hex')}`;

async function send(id: string, sending: Sending, url: string, egress: Egress): Promise<number> {
  const { signedWith, ageSeconds = 0, tampered = false } = sending;
  const timestamp = Math.floor(Date.now() / 1000) - ageSeconds;
  const body = JSON.stringify({
    type: 'formbus.submission.submitted.v2',
    timestamp: new Date().toISOString(),
    data: { form: 'contact', note: 'Zoë 🦆' },
  });
  const { status } = await egress.post(url, {
    endpoint: url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signWebhook({ id, timestamp, body, ...signedWith }),
    },
    body: tampered ? body.replace('contact', 'changed') : body,
  });
  return status;
}
