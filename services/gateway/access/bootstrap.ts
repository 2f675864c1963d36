import { v7 as uuid } from 'uuid';
import { SCOPES } from '#contracts/access/scopes';
import { subjects } from '#contracts/subjects';
import type { Executor } from '#eventing/executor';
import { apiKeyId, hashApiKey } from '#security/api-key';
import { workspaceDecider } from '../workspace/workspace.decider.ts';
import { keyDecider, type KeyCommand } from './key.decider.ts';

const ACTOR = 'system:bootstrap';

/**
 * Makes sure that the configured workspace and its first key exist, and that this key has every scope: those as well
 * that came with a later Formbus than the one that made it. Repeating it changes nothing, in one process or in several
 * at the same time; a key that was revoked stays revoked.
 *
 * @throws Problem what appending throws
 */
export async function bootstrap(
  executor: Executor,
  workspace: string,
  key: string | undefined,
): Promise<void> {
  const correlation = uuid();
  const meta = () => ({ commandId: uuid(), time: new Date().toISOString(), actor: ACTOR, correlation });
  await executor.execute({
    subject: subjects.workspace(workspace),
    decider: workspaceDecider,
    command: { kind: 'create', name: workspace },
    meta: meta(),
  });
  if (key === undefined) return;
  const id = apiKeyId(key);
  if (id === undefined) throw new RangeError('the bootstrap key is not an API key');
  const tell = (command: KeyCommand) =>
    executor.execute({
      subject: subjects.access(workspace, id),
      decider: keyDecider,
      command,
      meta: meta(),
    });
  await tell({
    kind: 'create',
    key: id,
    name: 'First key',
    hash: hashApiKey(key),
    scopes: SCOPES,
    expiresAt: null,
  });
  await tell({ kind: 'changeScopes', scopes: SCOPES });
}
