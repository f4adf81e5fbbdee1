import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its private key, both as PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** Its own certificate as PEM. */
  readonly cert: string;
  /** Issues the certificate of a server. */
  readonly issue: (options: { readonly host: string; readonly from: Date; readonly to: Date }) => IssuedCertificate;
}

const DAY = 86_400_000;

/**
 * An authority that issues certificates of servers (RFC 5280), for one test run. Node reads certificates and cannot make them,
 * and a certificate in the repository would need its private key there.
 */
export const aCertificateAuthority = (): CertificateAuthority => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = 'Test authority';
  const valid = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + 365 * DAY) };
  const isAuthority = extension('551d13', true, sequence(boolean(true)));
  return {
    cert: toPem(
      certificate({ issuer: name, subject: name, ...valid, publicKey, extensions: [isAuthority] }, privateKey),
    ),
    issue: ({ from, host, to }) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = extension('551d11', false, sequence(element(0x82, Buffer.from(host, 'ascii'))));
      const content = { issuer: name, subject: host, from, to, publicKey: pair.publicKey, extensions: [names] };
      return {
        cert: toPem(certificate(content, privateKey)),
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
};

interface Content {
  readonly issuer: string;
  readonly subject: string;
  readonly from: Date;
  readonly to: Date;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** `ecdsa-with-SHA256` (RFC 5758 §3.2). */
const SIGNATURE_ALGORITHM = '2a8648ce3d040302';
const COMMON_NAME = '550403';

const certificate = ({ extensions, from, issuer, publicKey, subject, to }: Content, signingKey: KeyObject): Buffer => {
  const algorithm = sequence(identifier(SIGNATURE_ALGORITHM));
  const content = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer),
    sequence(time(from), time(to)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  return sequence(content, algorithm, bits(sign('sha256', content, signingKey)));
};

/** An element of DER: tag, length, content (X.690 §8.1). */
const element = (tag: number, content: Buffer): Buffer => {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};

const sequence = (...items: readonly Buffer[]): Buffer => element(0x30, Buffer.concat(items));
const integer = (content: Buffer): Buffer => element(0x02, content);
const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
const identifier = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'));
const bits = (content: Buffer): Buffer => element(0x03, Buffer.concat([Buffer.from([0]), content]));
const nameOf = (text: string): Buffer =>
  sequence(element(0x31, sequence(identifier(COMMON_NAME), element(0x0c, Buffer.from(text)))));
/** `UTCTime`, for years before 2050 (RFC 5280 §4.1.2.5). */
const time = (date: Date): Buffer =>
  element(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
const extension = (id: string, isCritical: boolean, content: Buffer): Buffer =>
  sequence(identifier(id), ...(isCritical ? [boolean(true)] : []), element(0x04, content));

const toPem = (der: Buffer): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...(der.toString('base64').match(/.{1,64}/g) ?? []),
    '-----END CERTIFICATE-----',
    '',
  ].join('\n');
