import { z } from 'zod';
import { BusConfig } from '#service/bus-config';

export const ROLES = ['api', 'projector'] as const;
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
  ROLES: z
    .string()
    .default(ROLES.join(','))
    .transform((text) => text.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(ROLES)).min(1))
    .meta({ description: 'What this process does: api, projector, or both' }),
});
export type FormsConfig = z.infer<typeof FormsConfig>;
