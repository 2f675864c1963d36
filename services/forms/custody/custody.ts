import { Problem } from '#contracts/errors';
import { SealBroken, seal, unseal, type DataKey } from '#eventing/data-key';
import type { Keyring } from '#eventing/keyring';

/** What a text is sealed for; see contracts/custody. */
export interface Place {
  readonly workspace: string;
  /** A submission, or null for the workspace itself. */
  readonly owner: string | null;
  readonly purpose: string;
}

/** Where keys come from; each lies in the log, wrapped. */
export type Keys = Pick<Keyring, 'dataKey' | 'custodyKey' | 'ensureCustodyKey'>;

/** Before every cipher text, so that another way of sealing can be told from this one. */
const FORMAT = 'v1.';

/**
 * Seals and opens what other services keep, with keys that they never see. Neither a plain text nor a key is in
 * anything that it throws.
 */
export class Custody {
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** @throws Problem `erased` when the owner's key is gone */
  async seal(place: Place, plaintext: string): Promise<string> {
    const { workspace, owner, purpose } = place;
    const key =
      owner === null ? await this.#keys.ensureCustodyKey(workspace) : await this.#ownersKey(workspace, owner);
    const text = seal(keyFor(key, purpose), Buffer.from(plaintext, 'utf8'), additionalData(place));
    return FORMAT + text.toString('base64url');
  }

  /** @throws Problem `erased`, `seal_broken` */
  async open(place: Place, sealed: string): Promise<string> {
    const { workspace, owner, purpose } = place;
    const key =
      owner === null ? await this.#keys.custodyKey(workspace) : await this.#ownersKey(workspace, owner);
    if (key === undefined || !sealed.startsWith(FORMAT)) throw new Problem('seal_broken');
    const text = Buffer.from(sealed.slice(FORMAT.length), 'base64url');
    try {
      return unseal(keyFor(key, purpose), text, additionalData(place)).toString('utf8');
    } catch (cause) {
      if (cause instanceof SealBroken) throw new Problem('seal_broken', undefined, { cause });
      throw cause;
    }
  }

  async #ownersKey(workspace: string, owner: string): Promise<DataKey> {
    const key = await this.#keys.dataKey(workspace, owner);
    if (key === 'erased') throw new Problem('erased');
    return key;
  }
}

const keyFor = (key: DataKey, purpose: string): ReturnType<DataKey['derive']> =>
  key.derive(`formbus custody v1\n${purpose}`);

/** Binds a cipher text to its place; neither a workspace nor an owner holds a line break. */
const additionalData = ({ workspace, owner, purpose }: Place): string =>
  `${workspace}\n${owner ?? ''}\n${purpose}`;
