import { RECORDS, RECORD_UPCASTERS } from '#contracts/records';
import type { Bus } from '../bus.ts';
import { Catalog } from '../catalog.ts';
import { Codec } from '../codec.ts';
import { BatchLedger } from './batch.ts';
import { TaskControl } from './control.ts';
import { TaskQueue } from './queue.ts';
import { TaskTracking } from './tracking.ts';

/** Tasks as a process uses them: asks for them, follows them, rules over them. */
export interface Tasks {
  readonly bus: Bus;
  readonly queue: TaskQueue;
  readonly tracking: TaskTracking;
  readonly batches: BatchLedger;
  readonly control: TaskControl;
}

/**
 * The streams of tasks must be there: `openLog` makes sure of that.
 *
 * @param source - `ce-source` of the records that this process writes, `/formbus/forms`
 */
export function openTasks(bus: Bus, { source }: { source: string }): Tasks {
  // States are read one by one and never by a position, so their epoch is nobody's business here.
  const codec = new Codec({ catalog: new Catalog(RECORDS, RECORD_UPCASTERS), epoch: 'states', source });
  const tracking = new TaskTracking(bus, codec);
  return {
    bus,
    queue: new TaskQueue(bus, tracking),
    tracking,
    batches: new BatchLedger({ bus, codec, tracking }),
    control: new TaskControl(bus),
  };
}
