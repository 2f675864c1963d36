import { describe, expect, it } from '@jest/globals';
import { bareAddresses } from './bare-addresses.ts';

describe('an address for messages', () => {
  it.each([
    ['nats://host:4222', 'nats://host:4222'],
    ['nats://u:s3cret@host:4222', 'nats://host:4222'],
    ['u:s3cret@host:4222', 'host:4222'],
    ['s3cret@host', 'host'],
    ['tls://u:s3/cr@et@host', 'tls://host'],
    ['nats://u:s3cret@one:1, u:s3cret@two:2,three', 'nats://one:1,two:2,three'],
    ['mongodb+srv://u:s3cret@host/db?tls=true', 'mongodb+srv://host/db?tls=true'],
  ])('%s is %s', (address, shown) => {
    expect(bareAddresses(address)).toBe(shown);
  });
});
