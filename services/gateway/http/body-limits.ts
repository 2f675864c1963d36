import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/errors';

/** Deeper than any form or answer needs; far from where a serializer's recursion ends. */
const MAX_DEPTH = 64;

/** Refuses bodies that are JSON and still can't be passed on as they are. */
export function limitBodies(fastify: FastifyInstance): void {
  fastify.addHook('preValidation', (request, _reply, done) => {
    try {
      checkBody(request.body);
      done();
    } catch (error) {
      done(error as Problem);
    }
  });
}

/**
 * Walks without recursion, so that depth costs nothing.
 *
 * @throws Problem `bad_request` for nesting over 64, and for numbers that no number holds: `1e999` is valid JSON,
 * parses to Infinity and would be passed on as null, which is no answer; and for names that would change what an object
 * is, wherever it is copied by hand
 */
export function checkBody(body: unknown): void {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new Problem('bad_request', `The body is nested over ${MAX_DEPTH} deep`);
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'number' && !Number.isFinite(value)) {
        throw new Problem('bad_request', 'The body holds a number that is too large');
      }
      if (Array.isArray(value)) for (const inner of value) next.push(inner);
      else if (typeof value === 'object' && value !== null) {
        for (const name of Object.keys(value)) {
          const inner = (value as Record<string, unknown>)[name];
          refusePoison(name, inner);
          next.push(inner);
        }
      }
    }
    level = next;
  }
}

function refusePoison(name: string, value: unknown): void {
  if (name === '__proto__') throw poison('__proto__');
  if (
    name === 'constructor' &&
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, 'prototype')
  )
    throw poison('constructor with a prototype');
}

const poison = (name: string): Problem =>
  new Problem('bad_request', `No property of a body may be named ${name}`);
