import { createJsonClient, type JsonCall, type JsonClientOptions } from './json-client.ts';

/**
 * Creates a client of KMS without the SDK. Operations that share it share its connections.
 * https://docs.aws.amazon.com/kms/latest/APIReference/CommonParameters.html
 */
export const createKmsCall = (options: JsonClientOptions): JsonCall =>
  createJsonClient(
    { name: 'kms', target: 'TrentService', contentType: 'application/x-amz-json-1.1', parse: JSON.parse },
    options,
  );

/**
 * Returns the bytes of a base64 member of an answer.
 * @throws {Error} if the answer does not have it
 */
export const readBytes = (answer: unknown, member: string): Buffer => {
  const value = (answer as Readonly<Record<string, unknown>> | null)?.[member];
  if (typeof value !== 'string') throw new Error(`KMS answered without ${member}.`);
  return Buffer.from(value, 'base64');
};
