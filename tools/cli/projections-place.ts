import { z } from 'zod';
import { loadConfig } from '#service/config';
import { openFolder, type Place } from '../projections/place.ts';
import { MasterKey } from './master-key.ts';
import type { Session } from './session.ts';

const Named = z.object({ MONGODB_URI: z.string().min(1), MASTER_KEY: MasterKey });

/**
 * What the read models are made of and where they lie. A bus that was named brings MONGODB_URI and MASTER_KEY with it;
 * otherwise it is the data folder, whose servers are started for as long as the place is open where no system runs.
 *
 * @throws ConfigError, UserError
 */
export async function projectionsPlace({
  io,
  places,
  folders,
}: Pick<Session, 'io' | 'places' | 'folders'>): Promise<Place> {
  const { bus } = places;
  if (bus === undefined || bus.discovered) return await openFolder(folders);
  const { MONGODB_URI, MASTER_KEY } = loadConfig(Named, io.env);
  return {
    natsUrl: bus.servers,
    natsToken: bus.token,
    natsUser: bus.user,
    natsPassword: bus.password,
    mongoUri: MONGODB_URI,
    masterKey: MASTER_KEY,
    served: true,
    close: () => Promise.resolve(),
  };
}
