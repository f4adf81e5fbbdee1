import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { HashConstructor } from '@smithy/types';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Credentials } from '../../../../lambda/shared/aws/credentials.ts';
import { createSigner } from '../../../../lambda/shared/aws/signature.ts';

/** The hash that the AWS SDK signs with. */
class Sha256 {
  readonly #hash;
  constructor(secret?: Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

const signedBySdk = async (
  region: string,
  service: string,
  credentials: Credentials,
  headers: Record<string, string>,
  body: string,
  now: number,
) => {
  const signer = new SignatureV4({
    region,
    service,
    credentials,
    sha256: Sha256 as unknown as HashConstructor,
    applyChecksum: false,
  });
  const request = { method: 'POST', protocol: 'https:', hostname: headers.host ?? '', path: '/', headers, body };
  return (await signer.sign(request, { signingDate: new Date(now) })).headers;
};

const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const word = fc.stringMatching(/^[A-Za-z0-9/+=]{1,60}$/);

test('signs any request as the AWS SDK signs it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        region: fc.constantFrom('eu-west-1', 'us-gov-west-1', 'cn-north-1'),
        service: fc.constantFrom('dynamodb', 'kms'),
        host: fc.constantFrom('dynamodb.eu-west-1.amazonaws.com', '127.0.0.1:8000'),
        credentials: fc.record(
          { accessKeyId: word, secretAccessKey: word, sessionToken: word },
          { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
        ),
        body: text,
        now: fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
      }),
      async ({ body, credentials, host, now, region, service }) => {
        const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' };
        const ours = createSigner(region, service).sign({ host, headers, body }, credentials, now.getTime());
        const theirs = await signedBySdk(region, service, credentials, { host, ...headers }, body, now.getTime());
        expect(ours).toEqual(theirs);
      },
    ),
  );
});

test('signs with the current day and with replaced credentials', async () => {
  const signer = createSigner('eu-west-1', 'dynamodb');
  const evening = Date.UTC(2026, 10, 26, 23, 59, 59);
  for (const [secretAccessKey, now] of [
    ['one', evening],
    ['one', evening + 1_000],
    ['two', evening + 1_000],
    ['one', evening],
  ] as const) {
    const credentials = { accessKeyId: 'AKID', secretAccessKey };
    const ours = signer.sign({ host: 'h', headers: {}, body: '{}' }, credentials, now);
    expect(ours).toEqual(await signedBySdk('eu-west-1', 'dynamodb', credentials, { host: 'h' }, '{}', now));
  }
});
