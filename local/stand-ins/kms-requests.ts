import { type Input, ServiceError, violation } from './aws-json.ts';
import { KEY_SPECS, type Key, type KeyRing } from './kms-keys.ts';

/** Longest `Message` of any operation. */
export const MAX_MESSAGE_BYTES = 4_096;

/** @throws {ServiceError} when the member is absent, no base64, empty or longer than `max` bytes */
export const bytesOf = (input: Input, member: string, max: number): Buffer => {
  const value = input[member];
  if (value === undefined || value === null) throw violation(undefined, member, 'not be null');
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw new ServiceError('SerializationException', `${member} is not base64.`);
  }
  const bytes = Buffer.from(value, 'base64');
  const shown = `java.nio.HeapByteBuffer[pos=0 lim=${bytes.length} cap=${bytes.length}]`;
  if (bytes.length < 1) throw violation(shown, member, 'have length greater than or equal to 1');
  if (bytes.length > max) throw violation(shown, member, `have length less than or equal to ${max}`);
  return bytes;
};

export const findKey = (keys: KeyRing, id: string): Key => {
  const key = keys.find(id);
  if (key !== undefined) return key;
  const arn = keys.arnOf(id);
  throw new ServiceError(
    'NotFoundException',
    arn.includes(':alias/') ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`,
  );
};

export const assertEnabled = (key: Key): void => {
  if (key.state === 'Disabled') throw new ServiceError('DisabledException', `${key.arn} is disabled.`);
  if (key.state === 'PendingDeletion') {
    throw new ServiceError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
  }
};

export const wrongUsage = (key: Key, operation: string): ServiceError =>
  new ServiceError(
    'InvalidKeyUsageException',
    `${key.arn} key usage is ${KEY_SPECS[key.spec].usage} which is not valid for ${operation}.`,
  );

export const assertNoDryRun = (input: Input): void => {
  if (input.DryRun !== true) return;
  throw new ServiceError('DryRunOperationException', 'The request would have succeeded, but DryRun is set.', 412);
};
