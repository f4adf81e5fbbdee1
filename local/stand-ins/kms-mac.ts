import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Input, oneOf, requiredText, ServiceError } from './aws-json.ts';
import { KEY_SPECS, type KeyRing, MAC_ALGORITHMS } from './kms-keys.ts';
import { assertEnabled, assertNoDryRun, bytesOf, findKey, MAX_MESSAGE_BYTES, wrongUsage } from './kms-requests.ts';

const MAX_MAC_BYTES = 6_144;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html */
export const generateMac = (keys: KeyRing, input: Input): object => {
  const { algorithm, arn, mac } = compute(keys, input, 'GenerateMac');
  assertNoDryRun(input);
  return { KeyId: arn, Mac: mac.toString('base64'), MacAlgorithm: algorithm };
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html */
export const verifyMac = (keys: KeyRing, input: Input): object => {
  const given = bytesOf(input, 'Mac', MAX_MAC_BYTES);
  const { algorithm, arn, mac } = compute(keys, input, 'VerifyMac');
  assertNoDryRun(input);
  if (given.length !== mac.length || !timingSafeEqual(given, mac)) {
    throw new ServiceError('KMSInvalidMacException', 'The MAC is not valid for this message, key and algorithm.');
  }
  return { KeyId: arn, MacValid: true, MacAlgorithm: algorithm };
};

const compute = (keys: KeyRing, input: Input, operation: string) => {
  const id = requiredText(input, 'KeyId');
  const message = bytesOf(input, 'Message', MAX_MESSAGE_BYTES);
  const algorithm = oneOf(input, 'MacAlgorithm', MAC_ALGORITHMS);
  const key = findKey(keys, id);
  const { macKey } = key;
  if (macKey === undefined) throw wrongUsage(key, operation);
  if (!KEY_SPECS[key.spec].algorithms.some((known) => known === algorithm)) {
    throw new ServiceError(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
    );
  }
  assertEnabled(key);
  const hash = `sha${algorithm.slice('HMAC_SHA_'.length)}`;
  return { algorithm, arn: key.arn, mac: createHmac(hash, macKey).update(message).digest() };
};
