import { Problem } from '#contracts/errors';
import { apiKeyId, matchesHash } from '#security/api-key';
import type { Models } from './documents.ts';

export interface Caller {
  readonly workspace: string;
  readonly key: string;
  readonly actor: string;
}

const BEARER = /^Bearer +(\S+)$/i;

/** Checks keys by their SHA-256; a key's record is read once and kept, as Formbus keeps its own in memory. */
export function authentication({ Key }: Models): (authorization: string | undefined) => Promise<Caller> {
  const records = new Map<string, { hash: string; workspace: string }>();
  return async (authorization) => {
    const key = BEARER.exec(authorization ?? '')?.[1] ?? '';
    const id = apiKeyId(key);
    if (id === undefined) throw new Problem('unauthenticated');
    const record = records.get(id) ?? (await Key.findById(id).lean());
    if (!record) throw new Problem('unauthenticated');
    records.set(id, record);
    if (!matchesHash(key, record.hash)) throw new Problem('unauthenticated');
    return { workspace: record.workspace, key: id, actor: `key:${id}` };
  };
}
