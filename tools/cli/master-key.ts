import { z } from 'zod';
import { loadConfig } from '#service/config';
import { UsageError } from '../start/user-error.ts';
import { secretsOf } from '../projections/place.ts';
import type { Session } from './session.ts';

const MASTER_KEY_BYTES = 32;

/** 32 bytes in base64, as the service forms is given it. */
export const MasterKey = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((key) => key.length === MASTER_KEY_BYTES, `must be ${MASTER_KEY_BYTES} bytes in base64`);

/**
 * The master key: of MASTER_KEY or MASTER_KEY_FILE, or of the data folder of the system that runs here.
 *
 * @throws UsageError where there is none
 */
export async function masterKeyOf({ io, places }: Pick<Session, 'io' | 'places'>): Promise<Uint8Array> {
  const { MASTER_KEY } = loadConfig(z.object({ MASTER_KEY: MasterKey.optional() }), io.env);
  if (MASTER_KEY !== undefined) return MASTER_KEY;
  if (places.bus?.discovered === true && places.folder !== undefined)
    return (await secretsOf(places.folder)).masterKey;
  throw new UsageError('the master key is needed for that: set MASTER_KEY_FILE');
}
