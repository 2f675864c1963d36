import { expect, it } from '@jest/globals';
import { guardedConnector } from './connector.ts';
import { EgressRefused } from './errors.ts';

it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '169.254.169.254'])(
  'connects to no literal %s, whoever asks for it',
  (hostname) => {
    const rules = { allowed: [], allowHttp: true };
    const connect = guardedConnector(rules, () => Promise.reject(new Error('asked DNS')), 1_000);
    for (const protocol of ['http:', 'https:'])
      expect(() => connect({ hostname, protocol, port: '1' }, () => undefined)).toThrow(EgressRefused);
  },
);
