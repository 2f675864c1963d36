import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';

/** A certificate of this run alone, for `localhost` and 127.0.0.1, signed by itself: whoever is to trust it is given it. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** One value of X.690 DER: tag, length, contents. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));
const instant = (ms: number): Buffer => text(0x18, new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, ''));

/** ecdsa-with-SHA256 */
const SIGNED_BY = sequence(oid('2a8648ce3d040302'));
const NAME = sequence(der(0x31, sequence(oid('550403'), text(0x0c, 'localhost'))));
/** subjectAltName: a DNS name and an address. */
const ALSO_KNOWN_AS = sequence(
  oid('551d11'),
  der(0x04, sequence(text(0x82, 'localhost'), der(0x87, Buffer.from([127, 0, 0, 1])))),
);

export function testCertificate(): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    SIGNED_BY,
    NAME,
    sequence(instant(now - DAY_MS), instant(now + DAY_MS)),
    NAME,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(ALSO_KNOWN_AS)),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, SIGNED_BY, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: new X509Certificate(certificate).toString(),
  };
}
