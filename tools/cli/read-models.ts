import type { z } from 'zod';
import {
  PROJECTION_NAMES,
  type ProjectionRebuilt,
  type ProjectionVerification,
} from '#contracts/operations/projections';
import type { Place } from '../projections/place.ts';
import type { ProjectionStatus } from '../projections/status.ts';
import { NotFound } from './exit-code.ts';
import { untilOver, type FollowedTask } from './followed-task.ts';
import type { Overview } from './overview.ts';
import { projectionsPlace } from './projections-place.ts';
import type { Session } from './session.ts';

/** Where a read model stands; over the gateway what is told of it, which is less. */
export interface Standing extends Omit<ProjectionStatus, 'state'> {
  /** `silent`: nobody tells of it. */
  readonly state: ProjectionStatus['state'] | 'silent';
}

export type Verified = z.infer<typeof ProjectionVerification>;
export type Rebuilt = z.infer<typeof ProjectionRebuilt>;

/** Read models, whichever way they are reached: the one that is named, or all of them. */
export interface ReadModels {
  status(name: string | undefined): Promise<readonly Standing[]>;
  verify(name: string | undefined): Promise<readonly Verified[]>;
  rebuild(name: string | undefined): Promise<readonly Rebuilt[]>;
}

export const readModelsOf = (session: Session): ReadModels =>
  session.via === 'gateway' ? ofGateway(session) : ofPlace(session);

function ofPlace(session: Session): ReadModels {
  const at = async <T>(name: string | undefined, work: (place: Place) => Promise<T>): Promise<T> => {
    named(name);
    const place = await projectionsPlace(session);
    try {
      return await work(place);
    } finally {
      await place.close();
    }
  };
  // Loaded when they are needed: all services come with them.
  return {
    status: (name) =>
      at(name, async (place) => (await import('../projections/status.ts')).statusAll(place, name)),
    verify: (name) =>
      at(name, async (place) => {
        const { verifyAll } = await import('../projections/verify.ts');
        const found = await verifyAll(place, name, session.signal);
        return found.map((one) => ({ ...one, differing: [...one.differing] }));
      }),
    rebuild: (name) =>
      at(name, async (place) => {
        const { rebuildAll } = await import('../projections/rebuild.ts');
        return rebuildAll(place, name, session.signal);
      }),
  };
}

function ofGateway(session: Session): ReadModels {
  /** One after the other: they would share the same disks. */
  const each = async <Result>(what: 'verify' | 'rebuild', name: string | undefined): Promise<Result[]> => {
    const results: Result[] = [];
    for (const projection of named(name)) {
      const path = `/v1/operations/projections/${projection}/${what}`;
      const begun = await session.gateway.begin<FollowedTask>(path);
      results.push((await untilOver(session, begun, `${what} ${projection}`)).result as Result);
    }
    return results;
  };
  return {
    async status(name) {
      const names = named(name);
      const { projections } = await session.gateway.get<Overview>('/v1/operations/status');
      return projections
        .filter(({ projection }) => names.includes(projection))
        .map(({ projection, state, position, ageSeconds }) => ({
          projection,
          state: state === 'live' ? 'current' : state,
          ...(position !== null && { position }),
          ...(ageSeconds !== null && { lagSeconds: ageSeconds }),
        }));
    },
    verify: (name) => each('verify', name),
    rebuild: (name) => each('rebuild', name),
  };
}

/** @throws NotFound naming those that there are */
function named(name: string | undefined): readonly string[] {
  const all: readonly string[] = PROJECTION_NAMES;
  if (name === undefined) return all;
  if (all.includes(name)) return [name];
  throw new NotFound(`there is no projection "${name}"; there are ${all.join(', ')}`);
}
