import { describe, expect, it } from '@jest/globals';
import { spoken } from './testing/spoken.ts';

describe('formbus', () => {
  it('tells what there is', async () => {
    const { code, out, notes } = await spoken(['--help']);
    expect([code, notes]).toEqual([0, '']);
    expect(out).toMatch(/streams +What the bus holds[^]*Exit codes:\n {2}0 {2}done/);
  });

  it('tells of each command whom it talks to, with examples', async () => {
    const { code, out } = await spoken(['dlq', 'retry', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Talks to the bus, or to the gateway (a key with operations:write).');
    expect(out).toContain('  formbus dlq retry 42\n      one of them');
    expect(out).toContain('Global Options:');
  });

  it.each([
    [['nonsense'], "formbus: unknown command 'nonsense'"],
    [['evnts', 'tail'], 'Did you mean events?'],
    [['dlq', 'list', '--foo'], "formbus: unknown option '--foo'"],
    [['dlq', 'list', '--limit', '0'], 'It must be a whole number from 1 to 1000.'],
    [['dlq', 'show'], "missing required argument 'letter'"],
    [['dlq', 'discard', '1'], "required option '--reason <text>' not specified"],
    [['dlq', 'list', '--via', 'pigeon'], 'Allowed choices are gateway, bus.'],
    [['keys', 'list', '--via', 'bus'], 'this command talks to the gateway alone, not to the bus'],
    [['keys', 'list', '--url', 'http://localhost:x'], '--url must be an address like http://localhost:8080'],
    [['keys', 'list', '--url', 'localhost'], '--url must be an address like http://localhost:8080'],
    [
      ['keys', 'list', '--url', 'http://localhost:1'],
      'http://localhost:1 needs an API key: set FORMBUS_API_KEY',
    ],
    [['keys', 'list', '--data', ''], '--data must name a folder'],
    [
      ['webhooks', 'replay', 'x', '--from', 'never', '--url', 'http://localhost:1', '--key', 'k'],
      '--from must be',
    ],
    [['webhooks', 'change', 'x', '--url', 'http://localhost:1', '--key', 'k'], 'nothing to change'],
    [['webhooks', 'delete', 'x', '--url', 'http://localhost:1', '--key', 'k'], 'Say so with --yes'],
    [['keys', 'create', 'x', '--scope', 'all,god', '--expires', 'soon'], 'It must be a time like'],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish.'],
  ])('refuses %j as wrong usage', async (args, text) => {
    const { code, out, notes } = await spoken(args);
    expect([code, out]).toEqual([2, '']);
    expect(notes).toContain(text);
  });

  it('shows its help, as a refusal, where no command was given', async () => {
    const { code, out, notes } = await spoken([]);
    expect([code, out]).toEqual([2, '']);
    expect(notes).toContain('Usage: formbus');
  });

  it.each([
    ['projections', 'status', 'nope'],
    ['projections', 'verify', 'nope'],
    ['projections', 'rebuild', 'nope'],
    ['tasks', 'pause', 'nope'],
    ['tasks', 'resume', 'nope'],
  ])('does not find what %s %s names, whichever way it would go', async (...args) => {
    for (const way of [
      ['--via', 'bus'],
      ['--via', 'gateway'],
      ['--url', 'http://localhost:1'],
    ]) {
      const { code, out, notes } = await spoken([...args, ...way]);
      expect([code, out]).toEqual([3, '']);
      expect(notes).toMatch(/^formbus: there is no .+ "nope"; there are /);
    }
  });

  it('says what to do where nothing runs and nothing is named', async () => {
    const { code, notes } = await spoken(['streams', 'list']);
    expect(code).toBe(4);
    expect(notes).toBe(
      'formbus: no system runs here: start one with `npm start` or name its folder with --data, or give --nats\n',
    );
  });

  it('says what is missing where half of a system is named', async () => {
    const bus = await spoken(['streams', 'show', 'EVENTS', '--url', 'http://localhost:1', '--key', 'k']);
    expect([bus.code, bus.notes]).toEqual([
      4,
      'formbus: http://localhost:1 is named, but not its bus, which this needs: give --nats\n',
    ]);
    const gateway = await spoken(['keys', 'list', '--nats', 'nats://localhost:1']);
    expect([gateway.code, gateway.notes]).toEqual([
      4,
      'formbus: nats://localhost:1 is named, but not its gateway, which this needs: give --url and FORMBUS_API_KEY\n',
    ]);
  });

  it.each([
    ['u:s3cret@127.0.0.1:1', '127.0.0.1:1'],
    ['nats://u:s3/cret@127.0.0.1:1', 'nats://127.0.0.1:1'],
  ])('names the bus %s without its password', async (servers, shown) => {
    const { code, notes } = await spoken(['keys', 'list'], { env: { NATS_URL: servers } });
    expect(code).toBe(4);
    expect(notes).toContain(`${shown} is named, but not its gateway`);
    expect(notes).not.toContain('cret');
  });

  it.each(['http://u:s3cret@localhost:1', 'http://u:s3/cret@localhost:1', 's3cret@localhost'])(
    'refuses a password in the address of a gateway, and does not repeat it: %s',
    async (address) => {
      const calls: [string, string[], Record<string, string>][] = [
        ['--url', ['tasks', 'list', '--key', 'k', '--url', address], {}],
        ['FORMBUS_URL', ['dlq', 'list', '--via', 'bus'], { FORMBUS_URL: address }],
      ];
      for (const [name, args, env] of calls) {
        const { code, notes } = await spoken(args, { env });
        expect(code).toBe(2);
        expect(notes).toMatch(new RegExp(`${name}:? must hold no name and no password`));
        expect(notes).not.toContain('cret');
      }
    },
  );

  it('names settings of the environment that are wrong, without their values', async () => {
    const { code, notes } = await spoken(['keys', 'list'], { env: { FORMBUS_URL: 'secret-host' } });
    expect(code).toBe(2);
    expect(notes).toContain('FORMBUS_URL: ');
    expect(notes).not.toContain('secret-host');
  });
});
