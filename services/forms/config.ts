import { z } from 'zod';
import { TIERS } from '#contracts/task';
import { BusConfig } from '#service/bus-config';
import { someOf } from '#service/some-of';

export const ROLES = ['api', 'projector', 'worker'] as const;
export type Role = (typeof ROLES)[number];

const MASTER_KEY_BYTES = 32;

/** The settings of the forms service, beside those of every service. */
export const FormsConfig = z.object({
  ...BusConfig.shape,
  MONGODB_URI: z.string().min(1).meta({ description: 'Where the read models lie' }),
  MASTER_KEY: z
    .string()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((key) => key.length === MASTER_KEY_BYTES, `must be ${MASTER_KEY_BYTES} bytes in base64`)
    .meta({
      description: 'Wraps the keys of workspaces. Who has it can read all answers; who loses it loses them',
    }),
  ROLES: someOf(ROLES).meta({ description: 'What this process does: api, projector, worker, or several' }),
  TIERS: someOf(TIERS).meta({
    description: 'The tiers of tasks that the role worker does: high, default, batch, or several',
  }),
});
export type FormsConfig = z.infer<typeof FormsConfig>;
