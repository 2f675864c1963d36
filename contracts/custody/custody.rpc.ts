import { z } from 'zod';
import { defineRpc } from '../rpc.ts';
import { isToken } from '../subjects.ts';
import { SubmissionId } from '../submission/submission.rpc.ts';

/** Bytes of UTF-8 that can be sealed as one. */
export const PLAINTEXT_BYTES = 16_384;

/** Places that are opened in one request. */
export const OPEN_MANY = 100;

const encoder = new TextEncoder();

const Plaintext = z
  .string()
  .refine(
    (text) => encoder.encode(text).length <= PLAINTEXT_BYTES,
    `Must be at most ${PLAINTEXT_BYTES} bytes of UTF-8.`,
  )
  .refine((text) => text.isWellFormed(), 'Must be well-formed Unicode.');

/** What a text is sealed for. It opens under these three alone, so nothing that is sealed can be moved elsewhere. */
const place = {
  workspace: z.string().refine(isToken, 'Must be the id of a workspace.'),
  /** The submission that it belongs to, and is erased with; null for what belongs to the workspace. */
  owner: SubmissionId.nullable(),
  /** What it is, and whose: `webhook.<endpoint>.secret`. */
  purpose: z.string().min(1).max(200),
};

/** Cipher text: opaque, printable ASCII, a third longer than its plain text and a little. */
const Sealed = z.string().min(1).max(24_000);

const Place = z.object({ ...place, sealed: Sealed });

/**
 * Custody: only `forms` holds the keys, so whoever keeps something secret or personal has it sealed and opened there.
 *
 * A text is sealed with a key of its own for its purpose: of its submission, or of the workspace, which gets one if it
 * has none. Sealing twice gives two cipher texts. All of it may be repeated.
 *
 * Problems: `erased` when the submission's key is gone (or never was), `seal_broken` when the cipher text was changed or
 * belongs to another workspace, owner or purpose.
 */
export const seal = defineRpc({
  subject: 'rpc.forms.custody.seal',
  kind: 'query',
  request: z.object({ ...place, plaintext: Plaintext }),
  response: z.object({ sealed: Sealed }),
});

export const open = defineRpc({
  subject: 'rpc.forms.custody.open',
  kind: 'query',
  request: Place,
  response: z.object({ plaintext: z.string() }),
});

/** Opens what is sealed in several places, of any workspaces; one that can't be opened doesn't keep the others shut. */
export const openMany = defineRpc({
  subject: 'rpc.forms.custody.openMany',
  kind: 'query',
  request: z.object({ places: z.array(Place).min(1).max(OPEN_MANY) }),
  response: z.object({
    /** As many as were asked for, in their order. */
    opened: z.array(
      z.union([
        z.object({ plaintext: z.string() }),
        z.object({ problem: z.enum(['erased', 'seal_broken']) }),
      ]),
    ),
  }),
});
