import { describe, expect, it } from '@jest/globals';
import { readCidrs } from './address.ts';
import { EgressRefused, type RefusalReason } from './errors.ts';
import { checkTarget, type EgressRules } from './target.ts';

const STRICT: EgressRules = { allowed: [], allowHttp: false };
/** Even where http is allowed, none of these is reached: the address or name is what is wrong with them. */
const HTTP: EgressRules = { allowed: [], allowHttp: true };

const refusal = (url: string, rules: EgressRules): RefusalReason | undefined => {
  try {
    checkTarget(url, rules);
    return undefined;
  } catch (error) {
    if (error instanceof EgressRefused) return error.reason;
    throw error;
  }
};

/** Every way to write an address that some parser understands, and what stands behind it. */
const HOSTS: readonly (readonly [host: string, reason: RefusalReason])[] = [
  ['127.0.0.1', 'address'],
  ['127.1', 'address'],
  ['127.0.1', 'address'],
  ['127.0.0.1.', 'address'],
  ['2130706433', 'address'],
  ['017700000001', 'address'],
  ['0177.0.0.1', 'address'],
  ['0177.0.0.01', 'address'],
  ['0x7f.1', 'address'],
  ['0x7f000001', 'address'],
  ['0X7F.0X0.0X0.0X1', 'address'],
  ['%31%32%37.0.0.1', 'address'],
  ['127%2e0%2e0%2e1', 'address'],
  ['①②⑦.⓪.⓪.①', 'address'],
  ['127。0。0。1', 'address'],
  ['１２７.0.0.1', 'address'],
  ['[::1]', 'address'],
  ['[0:0:0:0:0:0:0:1]', 'address'],
  ['[::]', 'address'],
  ['[::127.0.0.1]', 'address'],
  ['[::ffff:127.0.0.1]', 'address'],
  ['[::ffff:7f00:1]', 'address'],
  ['[0:0:0:0:0:FFFF:7F00:0001]', 'address'],
  ['[::ffff:0:127.0.0.1]', 'address'],
  ['[64:ff9b::127.0.0.1]', 'address'],
  ['[64:ff9b::a9fe:a9fe]', 'address'],
  ['[2002:7f00:1::]', 'address'],
  ['[2001:0:4136:e378:8000:63bf:80ff:fffe]', 'address'],
  ['[fe80::1]', 'address'],
  ['[fe80::1%eth0]', 'malformed'],
  ['[fe80::1%25eth0]', 'malformed'],
  ['[fd00:ec2::254]', 'address'],
  ['[fd20:ce::254]', 'address'],
  ['[fec0::1]', 'address'],
  ['[ff02::1]', 'address'],
  ['0', 'address'],
  ['0.0.0.0', 'address'],
  ['169.254.169.254', 'address'],
  ['2852039166', 'address'],
  ['0xa9fea9fe', 'address'],
  ['0251.0376.0251.0376', 'address'],
  ['169.254.43518', 'address'],
  ['[::ffff:169.254.169.254]', 'address'],
  ['[::ffff:a9fe:a9fe]', 'address'],
  ['168.63.129.16', 'address'],
  ['100.100.100.200', 'address'],
  ['100.64.0.1', 'address'],
  ['10.0.0.1', 'address'],
  ['172.16.0.1', 'address'],
  ['192.168.1.1', 'address'],
  ['192.0.0.192', 'address'],
  ['198.18.0.1', 'address'],
  ['224.0.0.1', 'address'],
  ['255.255.255.255', 'address'],
  ['256.0.0.1', 'malformed'],
  ['1.2.3.4.5', 'malformed'],
  ['localhost', 'host_name'],
  ['LOCALHOST', 'host_name'],
  ['ｌｏｃａｌｈｏｓｔ', 'host_name'],
  ['local\u00adhost', 'host_name'],
  ['localhost.', 'host_name'],
  ['example.com.', 'host_name'],
  ['a.localhost', 'host_name'],
  ['localhost.localdomain', 'host_name'],
  ['metadata.google.internal', 'host_name'],
  ['Metadata.Google.INTERNAL', 'host_name'],
  ['metadata.google.internal.', 'host_name'],
  ['host.docker.internal', 'host_name'],
  ['printer.local', 'host_name'],
  ['nas.home.arpa', 'host_name'],
  ['wiki.corp', 'host_name'],
  ['router.lan', 'host_name'],
  ['mongo', 'host_name'],
  ['nats', 'host_name'],
];

describe('checkTarget', () => {
  it.each(HOSTS)('refuses the host %s', (host, reason) => {
    expect(refusal(`https://${host}/hook`, STRICT)).toBe(reason);
    expect(refusal(`https://${host}:8443/hook`, STRICT)).toBe(reason);
    expect(refusal(`http://${host}/hook`, HTTP)).toBe(reason);
  });

  it.each<[string, RefusalReason]>([
    ['', 'malformed'],
    ['/hook', 'malformed'],
    ['//example.com/hook', 'malformed'],
    ['example.com/hook', 'malformed'],
    ['https://', 'malformed'],
    ['https://example.com:65536/', 'malformed'],
    ['https://exa mple.com/', 'malformed'],
    ['file:///etc/passwd', 'scheme'],
    ['ftp://example.com/', 'scheme'],
    ['gopher://example.com:25/_HELO', 'scheme'],
    ['data:text/plain,x', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['ws://example.com/', 'scheme'],
    ['unix:/var/run/docker.sock', 'scheme'],
    ['blob:https://example.com/1', 'scheme'],
    ['http://example.com/', 'plain_http'],
    ['HTTP://example.com/', 'plain_http'],
    ['http://1.1.1.1/', 'plain_http'],
    ['https://user@example.com/', 'credentials'],
    ['https://user:password@example.com/', 'credentials'],
    ['https://:password@example.com/', 'credentials'],
    ['https://example.com@127.0.0.1/', 'credentials'],
    ['https://example.com:0/', 'port'],
    ['https:\\\\127.0.0.1\\hook', 'address'],
    ['https:127.0.0.1', 'address'],
    ['https:///127.0.0.1/', 'address'],
    ['https://127.0.0.1#@example.com/', 'address'],
    ['https://127.0.0.1?@example.com/', 'address'],
    ['https://127.0.\t0.1/\n', 'address'],
    ['  https://127.0.0.1  ', 'address'],
  ])('refuses %j', (url, reason) => {
    expect(refusal(url, STRICT)).toBe(reason);
  });

  it.each([
    ['https://example.com/hook', 'https://example.com/hook'],
    ['https://EXAMPLE.com:443', 'https://example.com/'],
    ['https://hooks.example.com:8443/a?b=c#d', 'https://hooks.example.com:8443/a?b=c#d'],
    ['https://müller.example/hook', 'https://xn--mller-kva.example/hook'],
    ['https://localhost.example.com/', 'https://localhost.example.com/'],
    ['https://internal.example.com/', 'https://internal.example.com/'],
    ['https://mylocal.dev/', 'https://mylocal.dev/'],
    ['https://1.1.1.1/', 'https://1.1.1.1/'],
    ['https://16843009/', 'https://1.1.1.1/'],
    ['https://172.32.0.1/', 'https://172.32.0.1/'],
    ['https://[2606:4700:4700::1111]/', 'https://[2606:4700:4700::1111]/'],
    ['https://[::ffff:1.1.1.1]/', 'https://[::ffff:101:101]/'],
    ['https://127.0.0.1.nip.example/', 'https://127.0.0.1.nip.example/'],
  ])('accepts %s', (url, href) => {
    expect(checkTarget(url, STRICT).href).toBe(href);
  });

  it('accepts http to public hosts only when told to', () => {
    expect(checkTarget('http://example.com/', HTTP).href).toBe('http://example.com/');
    expect(checkTarget('http://1.1.1.1/', HTTP).href).toBe('http://1.1.1.1/');
  });

  describe('where a network is allowed', () => {
    const rules: EgressRules = { allowed: readCidrs(['127.0.0.0/8', 'fd00::/8']), allowHttp: false };

    it.each(['http://127.0.0.1:9000/', 'https://[::ffff:127.0.0.1]/', 'http://[fd00::1]/', 'http://0x7f.1/'])(
      'accepts %s',
      (url) => {
        expect(refusal(url, rules)).toBeUndefined();
      },
    );

    it.each(['http://receiver:8080/', 'http://localhost:9000/', 'http://example.com/'])(
      'leaves %s to its addresses',
      (url) => {
        expect(refusal(url, rules)).toBeUndefined();
      },
    );

    it.each<[string, RefusalReason]>([
      ['http://10.0.0.1/', 'address'],
      ['https://[::1]/', 'address'],
      ['https://[64:ff9b::7f00:1]/', 'address'],
      ['http://1.1.1.1/', 'plain_http'],
      ['https://user@127.0.0.1/', 'credentials'],
      ['ftp://127.0.0.1/', 'scheme'],
    ])('still refuses %s', (url, reason) => {
      expect(refusal(url, rules)).toBe(reason);
    });
  });

  it('says why in words that the writer of the URL understands', () => {
    expect(() => checkTarget('https://10.0.0.1/', STRICT)).toThrow(
      '10.0.0.1 is not a public address (private), and not in an allowed network',
    );
    expect(() => checkTarget('https://mongo/', STRICT)).toThrow('mongo is a name of an internal network');
  });
});
