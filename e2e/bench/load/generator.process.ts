/** The load generator's own process: takes targets and loads from its parent, and ends with it. */
import type { ClosedLoad, OpenLoad, Target } from './load.ts';
import { runLoad } from './run-load.ts';

export interface LoadOrder {
  readonly target: Target;
  readonly load: ClosedLoad | OpenLoad;
}

process.on('disconnect', () => process.exit(0));
process.on('message', (order: LoadOrder) => {
  void runLoad(order.target, order.load).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
