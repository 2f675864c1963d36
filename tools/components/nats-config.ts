export interface NatsConfig {
  readonly port: number;
  readonly storeDir: string;
  /** Shared secret that clients present. Without it anybody on this machine may connect: tests only. */
  readonly token?: string;
}

/** 8 MiB: the default refuses one MiB of answers. */
const MAX_PAYLOAD = 8 * 1024 * 1024;

/** The configuration file of an embedded nats-server: loopback only, every acknowledged append synced to disk. */
export function natsConfig({ port, storeDir, token }: NatsConfig): string {
  return [
    'listen: ' + JSON.stringify(`127.0.0.1:${port}`),
    `max_payload: ${MAX_PAYLOAD}`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(storeDir)}`,
    '  sync_interval: always',
    '}',
    ...(token === undefined ? [] : [`authorization { token: ${JSON.stringify(token)} }`]),
    '',
  ].join('\n');
}
