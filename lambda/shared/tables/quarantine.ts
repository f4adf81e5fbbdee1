import { createHash } from 'node:crypto';
import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { Capability } from '../../contract/capabilities.ts';
import { SETTLED_QUARANTINE_LIMIT } from '../../contract/limits.ts';
import { keptBytes, timeKey } from '../../contract/tables.ts';
import type { QuarantineEntry, StoredPayload, TaskChange } from '../../contract/task.ts';
import { marshalPayload } from './stored-payload.ts';

/** A late delivery and its task and processor. */
export interface LateDelivery {
  readonly taskId: string;
  readonly processor: string;
  readonly entry: QuarantineEntry & StoredPayload;
  /** Capability of its token: `entry.capability`, or `upload`. */
  readonly tokenOf: Capability;
  /** Largest number of entries of one task. */
  readonly limit: number;
  /** Digest of the upload offer that the delivery fulfils. The offer is removed, so that the same arrival is kept once. */
  readonly offer?: string;
}

/**
 * True for a delivery that is not there yet, on a task of this processor, below the limit. It needs the current token, because
 * deliveries with other tokens could fill the quarantine before the genuine delivery comes.
 */
const MAY_KEEP =
  'processor = :processor AND callbacks.#tokenOf.jti = :jti AND attribute_not_exists(quarantine.#id) AND size(quarantine) < :limit';
/** The delivery was not accepted or discarded, and the list of decided ids is not full. */
const NOT_SETTLED = '(attribute_not_exists(settled) OR (NOT contains(settled, :id) AND size(settled) < :settledLimit))';
const IS_OFFERED = 'attribute_exists(uploads.#offer)';

/**
 * Returns the update that keeps a late delivery on its task. Bytes that are not in the bucket become an attribute of the task.
 * The condition fails in these cases:
 *
 * - the delivery is in quarantine already, or was accepted or discarded
 * - the task does not exist, or belongs to another processor
 * - the token is not the current one
 * - the quarantine is full
 */
export const quarantineUpdate = (
  table: string,
  { entry, limit, offer, processor, taskId, tokenOf }: LateDelivery,
): UpdateItemCommandInput => ({
  TableName: table,
  Key: { taskId: { S: taskId } },
  UpdateExpression: [
    'SET quarantine.#id = :entry, #change = :change, changedAt = :at, quarantineShard = #shard, quarantinedKey = :key',
    ...(entry.payload === undefined ? [] : [', #bytes = :bytes']),
    ...(offer === undefined ? [] : ['REMOVE uploads.#offer']),
    'ADD #sequence :one, revision :one',
  ].join(' '),
  ConditionExpression: [MAY_KEEP, NOT_SETTLED, ...(offer === undefined ? [] : [IS_OFFERED])].join(' AND '),
  ExpressionAttributeNames: {
    '#id': entry.id,
    '#tokenOf': tokenOf,
    '#change': 'change',
    '#sequence': 'sequence',
    '#shard': 'shard',
    ...(entry.payload !== undefined && { '#bytes': keptBytes(entry.id) }),
    ...(offer !== undefined && { '#offer': offer }),
  },
  ExpressionAttributeValues: {
    ':entry': {
      M: {
        ...marshalPayload(entry),
        id: { S: entry.id },
        capability: { S: entry.capability },
        jti: { S: entry.jti },
        ...(entry.payloadKey !== undefined && { payloadKey: { S: entry.payloadKey } }),
      },
    },
    ...(entry.payload !== undefined && { ':bytes': { B: entry.payload } }),
    ':processor': { S: processor },
    ':jti': { S: entry.jti },
    ':id': { S: entry.id },
    ':limit': { N: `${limit}` },
    ':settledLimit': { N: `${SETTLED_QUARANTINE_LIMIT}` },
    ':change': { S: 'quarantined' satisfies TaskChange },
    ':at': { S: entry.receivedAt },
    ':key': { S: timeKey(entry.receivedAt, taskId) },
    ':one': { N: '1' },
  },
});

/** Id of a quarantine entry. The same delivery has the same id. */
export const quarantineId = (jti: string, digest: string): string =>
  createHash('sha256').update(`${jti}#${digest}`).digest('base64url').slice(0, 22);
