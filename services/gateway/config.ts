import { z } from 'zod';
import { apiKeyId } from '#security/api-key';
import { BusConfig } from '#service/bus-config';

/** The settings of the gateway, beside those of every service. */
export const GatewayConfig = z.object({
  ...BusConfig.shape,
  HOST: z.string().default('127.0.0.1').meta({ description: 'The address that the API listens on' }),
  PORT: z.coerce.number().int().min(0).max(65535).default(8080).meta({ description: 'The port of the API' }),
  BODY_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(7 * 1024 * 1024)
    .default(1024 * 1024)
    .meta({ description: 'The largest body taken; the bus carries 8 MiB' }),
  BOOTSTRAP_WORKSPACE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('default')
    .meta({
      description:
        'The workspace of the operator, whose keys alone may operate the installation; created at start where it does not exist',
    }),
  BOOTSTRAP_KEY: z
    .string()
    .refine((key) => apiKeyId(key) !== undefined, 'must look like fb_<8 characters>_<43 characters>')
    .optional()
    .meta({
      description:
        'An API key with every scope for that workspace, created at start where it does not exist, and given the scopes that came after it was made',
    }),
  GATEWAY_WORKERS: z.coerce.number().int().min(1).max(256).optional().meta({
    description: 'How many processes serve the API; without it, as many as the CPU quota has cores',
  }),
  PUBLIC_URL: z
    .url()
    .optional()
    .meta({ description: 'The address that callers use, for the API description' }),
});
export type GatewayConfig = z.infer<typeof GatewayConfig>;
