import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Payload, StoredPayload } from '../../contract/task.ts';

/** What a delivery left behind, as a map of the task. */
export const marshalPayload = ({ contentType, receivedAt, sha256, size }: Payload): Record<string, AttributeValue> => ({
  contentType: { S: contentType },
  size: { N: `${size}` },
  sha256: { S: sha256 },
  receivedAt: { S: receivedAt },
});

/** The bytes themselves, or the key of the object that holds them. */
export const marshalStored = (stored: StoredPayload): AttributeValue =>
  stored.payload === undefined ? { S: stored.payloadKey } : { B: stored.payload };
