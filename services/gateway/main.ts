import { runService } from '#service/run';
import { GatewayConfig } from './config.ts';

await runService({
  name: 'gateway',
  config: GatewayConfig,
  workers: ({ GATEWAY_WORKERS }) => GATEWAY_WORKERS,
  // Loaded by the workers alone: their primary only watches them.
  start: async (context) => (await import('./start.ts')).startGateway(context),
});
