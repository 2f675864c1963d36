import { z } from 'zod';

/** The services of an installation: one of these that does not answer is missing. */
export const SERVICES = ['gateway', 'forms', 'notifier'] as const;

/** A check of a process that did not turn out well. */
const Trouble = z.object({ check: z.string(), detail: z.string() });

/** What one process of a service says of itself. */
export const Presence = z.object({
  service: z.string(),
  instance: z.string().meta({ description: 'The host and the process, `host:pid`' }),
  version: z.string(),
  state: z.enum(['ready', 'degraded', 'failed']).meta({
    description:
      '`degraded` takes requests, and something is not as it should be; `failed` takes none, as while it starts or stops',
  }),
  uptimeSeconds: z.number().nonnegative(),
  troubles: z.array(Trouble).meta({ description: 'What is not as it should be' }),
});
export type Presence = z.infer<typeof Presence>;

/** How it stands with one service. */
export const ServiceStatus = z.object({
  service: z.string(),
  state: z.enum([...Presence.shape.state.options, 'silent']).meta({
    description:
      'That of its processes when they agree, `degraded` when they do not; `silent` when none has answered in time',
  }),
  instances: z.array(Presence.omit({ service: true })),
});
export type ServiceStatus = z.infer<typeof ServiceStatus>;
