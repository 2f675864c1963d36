import { z } from 'zod';

/** How a service reaches nats-server. */
export const BusConfig = z.object({
  NATS_URL: z
    .string()
    .min(1)
    .default('nats://127.0.0.1:4222')
    .meta({ description: 'One server or several, separated by commas' }),
  NATS_USER: z.string().optional().meta({ description: 'The user, where the server asks for one' }),
  NATS_PASSWORD: z.string().optional().meta({ description: 'The password of NATS_USER' }),
  NATS_TOKEN: z.string().optional().meta({ description: 'The token, where the server asks for one' }),
});
export type BusConfig = z.infer<typeof BusConfig>;

/** The settings as options of the connection: what is not set is left out. */
export function busOptions({ NATS_URL, NATS_USER, NATS_PASSWORD, NATS_TOKEN }: BusConfig): {
  servers: string;
  user?: string;
  password?: string;
  token?: string;
} {
  return {
    servers: NATS_URL,
    ...(NATS_USER === undefined ? {} : { user: NATS_USER }),
    ...(NATS_PASSWORD === undefined ? {} : { password: NATS_PASSWORD }),
    ...(NATS_TOKEN === undefined ? {} : { token: NATS_TOKEN }),
  };
}
