import { z } from 'zod';

/** The services of an installation: one of these that does not answer is missing. */
export const SERVICES = ['gateway', 'forms', 'notifier'] as const;

/** A check of a process that did not turn out well. */
const Trouble = z.object({ check: z.string().max(100), detail: z.string().max(1000) });

/** What one process of a service says of itself. */
export const Presence = z.object({
  service: z.string().min(1).max(64),
  instance: z.string().max(300).meta({ description: 'The host and the process, `host:pid`' }),
  version: z.string().max(64),
  state: z.enum(['ready', 'degraded', 'failed']).meta({
    description:
      '`degraded` takes requests, and something is not as it should be; `failed` takes none, as while it starts or stops',
  }),
  uptimeSeconds: z.number().nonnegative(),
  troubles: z.array(Trouble).max(100).meta({ description: 'What is not as it should be' }),
});
export type Presence = z.infer<typeof Presence>;

const STATES = [...Presence.shape.state.options, 'silent'] as const;

/** One process of a service, as its answers tell. */
const Instance = Presence.omit({ service: true }).extend({
  state: z.enum(STATES).meta({
    description:
      '`degraded` takes requests, and something is not as it should be; `failed` takes none, as while it starts or stops; `silent` has said that it is there, and not in time how it is',
  }),
});

/** How it stands with one service. */
export const ServiceStatus = z.object({
  service: z.string(),
  state: z.enum(STATES).meta({
    description:
      'That of its processes when they agree, `degraded` when they do not; `silent` when none has said in time how it is',
  }),
  instances: z.array(Instance),
});
export type ServiceStatus = z.infer<typeof ServiceStatus>;
