import { z } from 'zod';

/** What every service can be told, beside its own settings. */
export const serviceSettings = z.object({
  /** Where health and metrics are served; 0 takes any free port, which the log names. */
  INTERNAL_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  INTERNAL_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** How long a drain may take until the process exits all the same. Keep it below the container's stop grace. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().positive().default(9_000),
  /** How long the event loop may stand still until the process is taken for stuck. */
  STUCK_AFTER_MS: z.coerce.number().int().min(1_000).default(30_000),
});

export type ServiceSettings = z.output<typeof serviceSettings>;
