import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Payload, StoredPayload } from '../../contract/task.ts';

/** Returns the attributes of a payload, for a map of the task item. */
export const marshalPayload = ({ contentType, receivedAt, sha256, size }: Payload): Record<string, AttributeValue> => ({
  contentType: { S: contentType },
  size: { N: `${size}` },
  sha256: { S: sha256 },
  receivedAt: { S: receivedAt },
});

/** Returns the payload itself, or the key of its object. */
export const marshalStored = (stored: StoredPayload): AttributeValue =>
  stored.payload === undefined ? { S: stored.payloadKey } : { B: stored.payload };
