import { describe, expect, it } from '@jest/globals';
import type { TaskContext } from '#eventing/task/context';
import { formatPosition } from '#eventing/position';
import { replayWorker, type ReplayDependencies } from './replay.ts';

const epoch = '0195512c8f007cc398c4dc0c0c07398f';
const [after, upTo] = [formatPosition(epoch, 5), formatPosition(epoch, 9)];

describe('a replay', () => {
  it('sends nothing before the endpoint wants to be asked again, whenever its next attempt comes', async () => {
    const at = new Date(Date.now() + 600_000);
    const context = { resume: `${after} 3 ${at.getTime()}` } as TaskContext;
    const payload = { workspace: 'acme', webhook: 'w1', perSecond: 1, after, upTo, request: '' };
    const attempt = replayWorker({ epoch } as ReplayDependencies).run(payload, context);
    await expect(attempt).rejects.toMatchObject({ name: 'Deferred', at, forgives: false });
  });
});
