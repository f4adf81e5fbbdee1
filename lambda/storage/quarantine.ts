import { createHash } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { QuarantineEntry, TaskChange } from '../contract/task.ts';
import { marshalPayload, marshalStored } from './stored-payload.ts';

/** A late delivery, and whose it is. */
export interface LateDelivery {
  readonly taskId: string;
  readonly processor: string;
  readonly entry: QuarantineEntry;
  /** Most entries of one task. */
  readonly limit: number;
  /** The upload offer (by its SHA-256) that this answers: it goes, so that the same arrival is not kept twice. */
  readonly offer?: string;
}

/** Once each, on a task of this processor, and not without end. */
const MAY_KEEP = 'processor = :processor AND attribute_not_exists(quarantine.#id) AND size(quarantine) < :limit';
const IS_OFFERED = 'attribute_exists(uploads.#offer)';

/**
 * Keeps a late delivery on its task. The condition fails where it is there already, the task is gone or another
 * processor's, or has as many as it may.
 */
export const quarantineCommand = (
  table: string,
  { entry, limit, offer, processor, taskId }: LateDelivery,
): UpdateItemCommand =>
  new UpdateItemCommand({
    TableName: table,
    Key: { taskId: { S: taskId } },
    UpdateExpression: [
      'SET quarantine.#id = :entry, #change = :change, changedAt = :at',
      ...(offer === undefined ? [] : ['REMOVE uploads.#offer']),
      'ADD #sequence :one',
    ].join(' '),
    ConditionExpression: offer === undefined ? MAY_KEEP : `${MAY_KEEP} AND ${IS_OFFERED}`,
    ExpressionAttributeNames: {
      '#id': entry.id,
      '#change': 'change',
      '#sequence': 'sequence',
      ...(offer !== undefined && { '#offer': offer }),
    },
    ExpressionAttributeValues: {
      ':entry': {
        M: {
          ...marshalPayload(entry),
          id: { S: entry.id },
          capability: { S: entry.capability },
          jti: { S: entry.jti },
          [entry.payload === undefined ? 'payloadKey' : 'payload']: marshalStored(entry),
        },
      },
      ':processor': { S: processor },
      ':limit': { N: `${limit}` },
      ':change': { S: 'quarantined' satisfies TaskChange },
      ':at': { S: entry.receivedAt },
      ':one': { N: '1' },
    },
  });

/** The same delivery again is the same entry. */
export const quarantineId = (jti: string, digest: string): string =>
  createHash('sha256').update(`${jti}#${digest}`).digest('base64url').slice(0, 22);
