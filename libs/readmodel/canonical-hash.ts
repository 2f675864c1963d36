import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import mongoose from 'mongoose';
import type { StoredDocument } from './projection.ts';

/**
 * SHA-256 of a document's canonical JSON (RFC 8785 over MongoDB's extended JSON): the same for the same fields and
 * values, in whatever order they are stored. Nothing is left out, `_seq` neither.
 */
export function documentHash(document: StoredDocument): Buffer {
  const json = canonicalize(mongoose.mongo.BSON.EJSON.serialize(document, { relaxed: true }));
  if (json === undefined) throw new Error(`document ${document._id} has no canonical form`);
  return createHash('sha256').update(json).digest();
}

const MODULUS = 1n << 256n;

/** The sum of document hashes modulo 2^256: the hash of a set of documents, in whatever order they come. */
export class SetHash {
  #sum = 0n;
  #count = 0;

  add(hash: Buffer): void {
    this.#sum = (this.#sum + BigInt(`0x${hash.toString('hex')}`)) % MODULUS;
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  /** 64 hexadecimal digits. */
  toString(): string {
    return this.#sum.toString(16).padStart(64, '0');
  }
}
