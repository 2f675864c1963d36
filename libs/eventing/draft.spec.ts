import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Catalog } from './catalog.ts';
import { Codec } from './codec.ts';
import { Draft, type Decision } from './draft.ts';
import { Pending } from './execute.ts';
import { Lane } from './lane.ts';
import { count, WORLD } from './testing/notebook.ts';

const codec = new Codec({ catalog: new Catalog(WORLD), epoch: 'e', source: '/formbus/spec' });
const newDraft = (maxPayload = 1_000_000): Draft => new Draft({ codec, maxPayload });

function pending(name: string, by: string, more: { limit?: number; times?: number } = {}): Pending {
  const command = new Pending(
    count(name, { by, ...more }),
    () => undefined,
    () => undefined,
  );
  // Unit specs leave no timer behind.
  command.reject(new Error('over'));
  return command;
}
const laneOf = (name: string): Lane => new Lane(count(name, { by: '' }));
const seqOf = (header: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, 'm').exec(header)?.[1]?.trim();

describe('a batch in the making', () => {
  it('decides the commands of each lane one after another, whatever the order between lanes', () => {
    const commands = fc.array(
      fc.record({ lane: fc.nat({ max: 3 }), by: fc.nat({ max: 5 }), times: fc.integer({ min: 1, max: 3 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(commands, (given) => {
        const draft = newDraft();
        const lanes = Array.from({ length: 4 }, (_, i) => laneOf(`l${i}`));
        const model: string[][] = [[], [], [], []];
        for (const { lane, by, times } of given) {
          const decision = draft.decide(lanes[lane]!, pending(`l${lane}`, `n${by}`, { times }));
          if (model[lane]!.includes(`n${by}`)) expect(decision).toBe('decided');
          else model[lane]!.push(...Array.from({ length: times }, () => `n${by}`));
        }
        for (const [i, lane] of lanes.entries()) {
          const part = draft.lanes.get(lane);
          expect(part?.state ?? []).toEqual(model[i]);
          expect(part?.version ?? 0).toBe(model[i]!.length);
          const mine = draft.messages.filter(({ subject }) => subject === lane.subject);
          expect(mine.map(({ headers }) => Number(seqOf(headers, 'formbus-version')))).toEqual(
            model[i]!.map((_, index) => index + 1),
          );
          expect(
            mine.map(({ payload }) => (JSON.parse(Buffer.from(payload).toString()) as { by: string }).by),
          ).toEqual(model[i]);
          // The first message of a subject carries the expectation; the server refuses it on later ones.
          expect(mine.map(({ expect: expected }) => expected)).toEqual(
            mine.map((_, index) => (index === 0 ? 0 : undefined)),
          );
          if (part !== undefined) {
            expect(draft.messages[part.firstIndex]).toBe(mine[0]);
            expect(draft.messages[part.lastIndex]).toBe(mine.at(-1));
          }
        }
      }),
    );
  });

  it('expects the sequence that the lane was read at', () => {
    const draft = newDraft();
    const lane = laneOf('a');
    lane.base = { state: ['x', 'y'], version: 2, firstSeq: 10, lastSeq: 25, asOf: 0 };
    expect(draft.decide(lane, pending('a', 'z'))).toBe('decided');
    expect(draft.messages[0]).toMatchObject({ expect: 25 });
    expect(seqOf(draft.messages[0]!.headers, 'formbus-version')).toBe('3');
  });

  it('answers verdicts on what is stored, and holds those on what is not yet', () => {
    const draft = newDraft();
    const lane = laneOf('a');
    const verdicts: Decision[] = [];
    lane.base = { state: ['x'], version: 1, firstSeq: 10, lastSeq: 10, asOf: 0 };
    verdicts.push(draft.decide(lane, pending('a', 'x')), draft.decide(lane, pending('a', 'y', { limit: 1 })));
    expect(verdicts).toEqual([{}, { failure: expect.objectContaining({ code: 'form_retired' }) }]);
    draft.decide(lane, pending('a', 'y'));
    expect(draft.decide(lane, pending('a', 'z', { limit: 2 }))).toBe('decided');
    expect(draft.decide(lane, pending('a', 'y'))).toBe('decided');
    expect(draft.lanes.get(lane)?.steps).toMatchObject([
      { appended: 1 },
      { appended: 0, failure: { code: 'form_retired' } },
      { appended: 0, version: 2 },
    ]);
    expect(draft.messages).toHaveLength(1);
  });

  it('holds no more than the server takes in one batch', () => {
    const draft = newDraft();
    const lane = laneOf('a');
    for (let i = 0; i < 3; i++)
      expect(draft.decide(lane, pending('a', `n${i}`, { times: 300 }))).toBe('decided');
    expect(draft.decide(lane, pending('a', 'n3', { times: 300 }))).toBe('full');
    expect(draft.lanes.get(lane)).toMatchObject({ version: 900 });
    expect(draft.decide(lane, pending('a', 'n4', { times: 100 }))).toBe('decided');
    expect(newDraft().decide(laneOf('b'), pending('b', 'n', { times: 1001 }))).toMatchObject({
      failure: expect.any(Error),
    });
  });

  it('refuses an event that is larger than a message may be, and that command alone', () => {
    const draft = newDraft(2000);
    const lane = laneOf('a');
    expect(draft.decide(lane, pending('a', 'x'.repeat(2000)))).toMatchObject({
      failure: { code: 'body_too_large' },
    });
    expect(draft.decide(lane, pending('a', 'x'))).toBe('decided');
  });
});
