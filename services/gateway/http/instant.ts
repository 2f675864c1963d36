import { z } from 'zod';

/** An instant of a request: RFC 3339 with any offset, passed on in UTC. */
export const Instant = z.iso
  .datetime({ offset: true })
  .transform((time) => new Date(time).toISOString())
  .meta({ description: 'With any offset from UTC', examples: ['2026-03-01T10:30:00+01:00'] });
