import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Lanes } from './lanes.ts';

describe('lanes', () => {
  it('hold back what comes behind an event that waits, and remember how far that goes', () => {
    const lanes = new Lanes();
    expect(lanes.holdsBack('a', 5)).toBe(false);
    lanes.block('a', 5);
    expect(lanes.holdsBack('a', 7)).toBe(true);
    expect(lanes.holdsBack('a', 6)).toBe(true);
    expect(lanes.holdsBack('b', 8)).toBe(false);
    expect(lanes.rest('a')).toEqual({ after: 5, upTo: 7 });
  });

  it('go on only when nothing was seen meanwhile', () => {
    const lanes = new Lanes();
    lanes.block('a', 5);
    lanes.holdsBack('a', 6);
    lanes.holdsBack('a', 9);
    expect(lanes.unblock('a', 6)).toBe(false);
    expect(lanes.rest('a')).toEqual({ after: 6, upTo: 9 });
    expect(lanes.unblock('a', 9)).toBe(true);
    expect(lanes.rest('a')).toBeUndefined();
    expect(lanes.holdsBack('a', 10)).toBe(false);
  });

  it('know how far they have gone on', () => {
    const lanes = new Lanes();
    lanes.block('a', 5);
    expect(lanes.hasPassed('a', 5)).toBe(false);
    lanes.unblock('a', 5);
    expect(lanes.hasPassed('a', 5)).toBe(true);
    expect(lanes.hasPassed('a', 6)).toBe(false);
  });

  it('take over what another process has seen', () => {
    const lanes = new Lanes();
    lanes.block('a', 5);
    lanes.sawAll(20);
    expect(lanes.rest('a')).toEqual({ after: 5, upTo: 20 });
  });

  it('send every event once and in order, whatever fails and whenever its retry comes', () => {
    const step = fc.record({ fails: fc.boolean(), retryFirst: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const lanes = new Lanes();
        const sent: number[] = [];
        const log: number[] = [];
        const goOn = (): void => {
          const waiting = lanes.waitsFor('a');
          if (waiting === undefined) return;
          sent.push(waiting);
          for (let rest = lanes.rest('a'); rest !== undefined; rest = lanes.rest('a')) {
            const { after, upTo } = rest;
            sent.push(...log.filter((seq) => seq > after && seq <= upTo));
            lanes.unblock('a', upTo);
          }
        };
        for (const [seq, { fails, retryFirst }] of steps.entries()) {
          if (retryFirst) goOn();
          log.push(seq);
          if (lanes.holdsBack('a', seq)) continue;
          if (fails) lanes.block('a', seq);
          else sent.push(seq);
        }
        goOn();
        expect(sent).toEqual(log);
      }),
    );
  });
});
