import { formatPosition } from '#eventing/position';
import { Checkpoints } from '#readmodel/checkpoint';
import { chosen } from './chosen.ts';
import { openPlace, type Addresses } from './open.ts';

/** Where a read model stands, as its checkpoint says. */
export interface ProjectionStatus {
  readonly projection: string;
  readonly state: 'none' | 'current' | 'behind' | 'halted';
  /** The collection that is read, as its last part. */
  readonly generation?: string;
  readonly version?: number;
  readonly position?: string;
  readonly updatedAt?: string;
  /** For how long readers have missed events; 0 when the documents hold everything. */
  readonly lagSeconds?: number;
  /** The event that halts it, and why. */
  readonly halted?: string;
}

export async function statusAll(place: Addresses, name?: string): Promise<ProjectionStatus[]> {
  const projections = chosen(name);
  const opened = await openPlace(place);
  const { logOf, database } = opened;
  try {
    const checkpoints = new Checkpoints(database);
    const statuses: ProjectionStatus[] = [];
    for (const projection of projections) {
      const active = (await checkpoints.pointer(projection.name))?.active ?? null;
      const found = active === null ? null : await checkpoints.find(projection.name, active);
      if (found === null) {
        statuses.push({ projection: projection.name, state: 'none' });
        continue;
      }
      const { generation, version, epoch, seq, asOf, updatedAt, halted } = found;
      const log = logOf(projection);
      const behind =
        epoch !== log.epoch || (await log.hasPending(projection.filters, seq, await log.lastSeq()));
      statuses.push({
        projection: projection.name,
        state: halted ? 'halted' : behind ? 'behind' : 'current',
        generation,
        version,
        position: formatPosition(epoch, seq),
        updatedAt: updatedAt.toISOString(),
        lagSeconds: behind ? Math.max(0, (Date.now() - asOf.getTime()) / 1000) : 0,
        ...(halted ? { halted: `${halted.type} at ${halted.position}: ${halted.detail}` } : {}),
      });
    }
    return statuses;
  } finally {
    await opened.close();
  }
}
