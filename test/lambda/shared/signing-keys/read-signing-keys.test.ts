import { describe, expect } from 'vitest';
import { PUBLIC_KEY_ATTRIBUTES } from '../../../../lambda/contract/signing-keys.ts';
import { createDynamoDBClient } from '../../../../lambda/shared/aws/dynamodb.ts';
import { callBySdk } from '../../../../lambda/shared/aws/dynamodb-sdk.ts';
import { readSigningKeys } from '../../../../lambda/shared/signing-keys/read-signing-keys.ts';
import { LOCAL_ENVIRONMENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aSigningKeyItem, putSigningKey } from '../../../support/signing-keys.ts';
import { aSigningKey } from '../../../support/tokens.ts';

const test = base
  .extend('dynamodb', ({ proxy }) =>
    createDynamoDBClient({ environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint } }),
  )
  .extend(
    'read',
    ({ dynamodb, ownStore }) =>
      (...more: Parameters<typeof readSigningKeys>[2][]) =>
        readSigningKeys(dynamodb, ownStore.signingKeysTable, ...more),
  );

const first = await aSigningKey();
const second = await aSigningKey('RS256');
const [publicItem, secret] = [
  aSigningKeyItem(first, { publishedAt: 100, signFrom: 100, signUntil: 200, verifyUntil: 300, expiresAt: 400 }),
  { id: 'an-id', encryptedPrivateKey: Uint8Array.of(1, 2, 255) },
];
const retired = aSigningKeyItem(second, { generation: 12, retiredAt: 150, imported: true });

/** An item without the attribute that TTL reads. */
const asRead = ({ expiresAt: _, ...item }: typeof publicItem) => item;

describe('the keys of the table', () => {
  test('are read by one consistent query, the oldest first, without private halves', async ({
    ownStore,
    proxy,
    read,
  }) => {
    await putSigningKey(ownStore, retired);
    await putSigningKey(ownStore, { ...publicItem, ...secret, generation: 9 });
    expect(await read()).toEqual([asRead({ ...publicItem, generation: 9 }), asRead(retired)]);
    expect(proxy.requests).toMatchObject([
      {
        operation: 'Query',
        input: {
          ConsistentRead: true,
          Select: 'SPECIFIC_ATTRIBUTES',
          ProjectionExpression: PUBLIC_KEY_ATTRIBUTES.join(),
        },
      },
    ]);
  });

  test('have the encrypted private half for a reader that asks for it', async ({ ownStore, read }) => {
    await putSigningKey(ownStore, { ...publicItem, ...secret });
    const [key] = await read(['id', 'encryptedPrivateKey']);
    expect(key).toMatchObject({ kid: first.publicKey.kid, id: 'an-id' });
    expect([...(key?.encryptedPrivateKey ?? [])]).toEqual([1, 2, 255]);
  });

  test('are the same with the client of the SDK', async ({ ownStore, read }) => {
    await putSigningKey(ownStore, publicItem);
    expect(await readSigningKeys(callBySdk(ownStore.client), ownStore.signingKeysTable)).toEqual(await read());
  });

  test('are read completely if DynamoDB answers in pages', async () => {
    const items = [publicItem, retired].map(({ alg, generation, kid }) => ({
      alg: { S: alg },
      kid: { S: kid },
      generation: { N: `${generation}` },
    }));
    const starts: unknown[] = [];
    const keys = await readSigningKeys(async (_, input) => {
      const start = 'ExclusiveStartKey' in input ? input.ExclusiveStartKey : undefined;
      starts.push(start);
      return start === undefined
        ? { Items: items.slice(0, 1), LastEvaluatedKey: { at: { N: '1' } } }
        : { Items: items.slice(1) };
    }, 'table');
    expect(keys.map(({ kid }) => kid)).toEqual([first.publicKey.kid, second.publicKey.kid]);
    expect(starts).toEqual([undefined, { at: { N: '1' } }]);
  });

  test('do not include a key with an algorithm that this code does not know', async ({ ownStore, read }) => {
    await putSigningKey(ownStore, { ...publicItem, alg: 'ES384' as 'ES256' });
    expect(await read()).toEqual([]);
  });

  test('C7 are an error if DynamoDB does not answer', async ({ proxy, read }) => {
    proxy.inject(() => ({ kind: 'error', status: 500 }));
    await expect(read()).rejects.toThrow('Internal server error');
  });
});
