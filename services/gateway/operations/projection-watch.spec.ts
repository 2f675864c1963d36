import { describe, expect, it } from '@jest/globals';
import type { CheckpointNotice } from '#readmodel/notice';
import { ProjectionWatch } from './projection-watch.ts';

const notice: CheckpointNotice = {
  token: 2,
  generation: 'g1',
  epoch: 'e1',
  seq: 7,
  state: 'live',
  ageSeconds: 0,
};

function watch(...expected: readonly string[]) {
  let now = 0;
  let tell: (value: unknown, subject: string) => void = () => undefined;
  const bus = {
    onNotice: (_subject: string, handler: typeof tell) => {
      tell = handler;
      return () => undefined;
    },
  };
  return {
    watching: new ProjectionWatch(bus, { expected, now: () => now }),
    hear: (projection: string, more: Partial<CheckpointNotice> = {}) =>
      tell({ ...notice, ...more }, `sys.checkpoint.${projection}`),
    pass: (ms: number) => (now += ms),
  };
}

describe('the watch over projections', () => {
  it('knows each by its newest notice', () => {
    const { watching, hear } = watch();
    hear('submissions');
    hear('forms', { seq: 3 });
    hear('submissions', { seq: 9, state: 'behind', ageSeconds: 4 });
    expect(watching.all()).toEqual([
      { projection: 'forms', state: 'live', position: 'e1.3', ageSeconds: 0 },
      { projection: 'submissions', state: 'behind', position: 'e1.9', ageSeconds: 4 },
    ]);
  });

  it('calls one silent that nobody tells of any more, until somebody does', () => {
    const { watching, hear, pass } = watch();
    hear('forms');
    pass(6_000);
    expect(watching.all()).toMatchObject([{ state: 'silent', position: 'e1.7' }]);
    hear('forms', { seq: 8 });
    expect(watching.all()).toMatchObject([{ state: 'live', position: 'e1.8' }]);
  });

  it('misses one that nobody has told of, after a while', () => {
    const { watching, hear, pass } = watch('forms', 'tasks');
    hear('tasks');
    expect([watching.complete, watching.all()]).toMatchObject([false, [{ projection: 'tasks' }]]);
    pass(6_000);
    hear('tasks');
    expect([watching.complete, watching.all()]).toMatchObject([
      true,
      [
        { projection: 'forms', state: 'silent', position: null, ageSeconds: null },
        { projection: 'tasks', state: 'live' },
      ],
    ]);
  });

  it('is complete as soon as every expected one was told of', () => {
    const { watching, hear } = watch('forms', 'tasks');
    hear('tasks');
    hear('forms');
    expect(watching.complete).toBe(true);
  });

  it('believes no former holder while the later one talks', () => {
    const { watching, hear, pass } = watch();
    hear('forms', { seq: 8 });
    hear('forms', { token: 1, seq: 5, state: 'halted' });
    expect(watching.all()).toMatchObject([{ state: 'live', position: 'e1.8' }]);
    pass(6_000);
    hear('forms', { token: 1, seq: 5 });
    expect(watching.all()).toMatchObject([{ position: 'e1.5' }]);
  });
});
