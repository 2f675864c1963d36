import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { open, openMany, OPEN_MANY, seal } from '#contracts/custody/custody.rpc';
import { webhookKeyPair, webhookSecret } from '#security/webhook-secret';
import { WebhookSigner } from '#security/webhook-signature';
import type { RpcClient } from '#service/rpc-client';
import type { StoredKeys } from './webhook.decider.ts';
import type { WebhookRecord } from './webhook.fold.ts';

const Plain = z.object({ secret: z.string(), privateKey: z.string() });

interface Opened {
  /** What receivers check `v1` with. */
  readonly secret: string;
  readonly signer: WebhookSigner;
}

/** What requests to an endpoint are signed with. */
export interface OpenedKeys extends Opened {
  readonly publicKey: string;
  readonly until: string | null;
}

const SECRET_BYTES = 32;
/** Pairs of keys kept open; some hundred bytes each. */
const KEPT = 2_000;

/** Signing keys and contacts, sealed and opened by the custodian of keys. */
export class WebhookCustody {
  readonly #rpc: RpcClient;
  readonly #opened = new LRUCache<string, Promise<Opened>>({ max: KEPT });

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /** New signing keys, and what is stored of them. */
  async draw(workspace: string, id: string): Promise<StoredKeys> {
    const { secretKey, publicKey } = webhookKeyPair(randomBytes(SECRET_BYTES));
    const keys = { secret: webhookSecret(randomBytes(SECRET_BYTES)), privateKey: secretKey };
    const purpose = keysPurpose(id);
    const plaintext = JSON.stringify(keys);
    const { sealed } = await this.#rpc.call(seal, { workspace, owner: null, purpose, plaintext });
    return { sealed, publicKey };
  }

  /** Those that sign at a time, the newest first. They never change, so what was opened once is kept. */
  open(record: WebhookRecord, now: number): Promise<OpenedKeys[]> {
    const active = record.keys.filter(({ until }) => until === null || Date.parse(until) > now);
    return Promise.all(
      active.map(async ({ sealed, publicKey, until }) => {
        return { ...(await this.#open(record, sealed)), publicKey, until };
      }),
    );
  }

  async sealContact(workspace: string, id: string, contact: string): Promise<string> {
    const place = { workspace, owner: null, purpose: contactPurpose(id) };
    return (await this.#rpc.call(seal, { ...place, plaintext: contact })).sealed;
  }

  async openContact({ workspace, id, settings }: WebhookRecord): Promise<string | null> {
    if (settings.contact === null) return null;
    const place = { workspace, owner: null, purpose: contactPurpose(id) };
    return (await this.#rpc.call(open, { ...place, sealed: settings.contact })).plaintext;
  }

  /** Those of a page; null where there is none, or it can't be opened. */
  async openContacts(records: readonly WebhookRecord[]): Promise<(string | null)[]> {
    const found = new Map<string, string>();
    const sealed = records.flatMap((record) => {
      const { contact } = record.settings;
      if (contact === null) return [];
      return [
        { workspace: record.workspace, owner: null, purpose: contactPurpose(record.id), sealed: contact },
      ];
    });
    for (let from = 0; from < sealed.length; from += OPEN_MANY) {
      const places = sealed.slice(from, from + OPEN_MANY);
      const { opened } = await this.#rpc.call(openMany, { places });
      for (const [index, one] of opened.entries())
        if ('plaintext' in one) found.set(places[index]!.sealed, one.plaintext);
    }
    return records.map(({ settings }) => found.get(settings.contact ?? '') ?? null);
  }

  #open({ workspace, id }: WebhookRecord, sealed: string): Promise<Opened> {
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    const opening = this.#rpc
      .call(open, { workspace, owner: null, purpose: keysPurpose(id), sealed })
      .then(({ plaintext }) => {
        const { secret, privateKey } = Plain.parse(JSON.parse(plaintext));
        return { secret, signer: new WebhookSigner({ secrets: [secret], keys: [privateKey] }) };
      });
    this.#opened.set(sealed, opening);
    opening.catch(() => this.#opened.delete(sealed)); // told to who asked; the next one asks again
    return opening;
  }
}

const keysPurpose = (id: string): string => `webhook.${id}.keys`;
const contactPurpose = (id: string): string => `webhook.${id}.contact`;
