import { verify } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, InvalidCiphertextException } from '@aws-sdk/client-kms';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { SIGNING_KEYS_TABLE, signingKeyAt } from '../../lambda/contract/signing-keys.ts';
import { test as base } from './fixtures.ts';
import {
  encryptionContextOf,
  makeSigningKey,
  putSigningKey,
  readSigningKeyItems,
  retireSigningKey,
} from './signing-keys.ts';
import { NOW } from './tokens.ts';

const test = base.extend('stored', ({ kms, ownStore }) => async (generation: number) => {
  const key = await makeSigningKey(kms, { generation });
  await putSigningKey(ownStore, key.item);
  return key;
});

describe('a stored signing key', () => {
  test('signs with the private key that only its own encryption context decrypts', async ({
    kms,
    ownStore,
    stored,
  }) => {
    const { item, publicKey, signer } = await stored(1);
    expect(await readSigningKeyItems(ownStore)).toEqual([item]);
    expect(
      verify(
        'sha256',
        Buffer.from('input'),
        { key: publicKey.key, dsaEncoding: 'ieee-p1363' },
        await signer.sign(Buffer.from('input')),
      ),
    ).toBe(true);
    expect(JSON.parse(item.publicJwk)).toMatchObject({ kty: 'EC', crv: 'P-256' });

    const decrypt = (id: string, environment?: string) =>
      kms.client.send(
        new DecryptCommand({
          CiphertextBlob: item.encryptedPrivateKey,
          KeyId: kms.encryptionKey.arn,
          EncryptionContext: encryptionContextOf(id, environment),
        }),
      );
    await expect(decrypt(item.id ?? '')).resolves.toHaveProperty('Plaintext');
    await expect(decrypt('another')).rejects.toThrow(InvalidCiphertextException);
    await expect(decrypt(item.id ?? '', 'prod')).rejects.toThrow(InvalidCiphertextException);
  });

  test('has a number that sorts as a number, and that no other key takes', async ({ ownStore, stored }) => {
    const { item } = await stored(10);
    await stored(9);
    expect((await readSigningKeyItems(ownStore)).map(({ generation }) => generation)).toEqual([9, 10]);

    const again = new PutItemCommand({
      TableName: ownStore.signingKeysTable,
      Item: marshall(item),
      ConditionExpression: `attribute_not_exists(${SIGNING_KEYS_TABLE.sortKey})`,
    });
    await expect(ownStore.client.send(again)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  test('signs no longer once it is retired', async ({ ownStore, stored }) => {
    const key = await stored(1);
    expect(signingKeyAt(await readSigningKeyItems(ownStore), NOW)).toEqual(key.item);
    await retireSigningKey(ownStore, key.item);
    expect(signingKeyAt(await readSigningKeyItems(ownStore), NOW)).toBeUndefined();
    expect(await readSigningKeyItems(ownStore)).toMatchObject([{ retiredAt: NOW }]);
  });
});
