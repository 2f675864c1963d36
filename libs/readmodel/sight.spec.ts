import { describe, expect, it } from '@jest/globals';
import type { CheckpointNotice } from './notice.ts';
import { freshnessOf, Notices } from './sight.ts';

const notice = (fields: Partial<CheckpointNotice> = {}): CheckpointNotice => ({
  token: 5,
  generation: 'g',
  epoch: 'e',
  seq: 7,
  state: 'live',
  ageSeconds: 0,
  ...fields,
});

describe('notices', () => {
  it('are believed for three seconds', () => {
    const notices = new Notices();
    notices.hear(notice(), 1000);
    expect(notices.latest(4000)).toMatchObject({ generation: 'g', seq: 7 });
    expect(notices.latest(4001)).toBeUndefined();
  });

  it('of a former holder are not believed while a later one speaks', () => {
    const notices = new Notices();
    notices.hear(notice({ seq: 9 }), 1000);
    notices.hear(notice({ token: 4, generation: 'old', seq: 3 }), 2000);
    expect(notices.latest(2000)).toMatchObject({ generation: 'g', seq: 9 });
  });

  it('of a lower token are believed when nobody else speaks', () => {
    const notices = new Notices();
    notices.hear(notice(), 1000);
    notices.hear(notice({ token: 1, generation: 'new' }), 5000);
    expect(notices.latest(5000)).toMatchObject({ generation: 'new' });
  });
});

describe('freshness', () => {
  const sight = { generation: 'g', epoch: 'e', seq: 7, ageSeconds: 2, at: 1000 } as const;

  it('ages while the read model is behind', () => {
    expect(freshnessOf({ ...sight, state: 'behind' }, 4000)).toEqual({
      position: 'e.7',
      ageSeconds: 5,
      state: 'behind',
    });
  });

  it('does not age between two notices of a live one', () => {
    expect(freshnessOf({ ...sight, state: 'live', ageSeconds: 0 }, 3000).ageSeconds).toBe(0);
  });
});
