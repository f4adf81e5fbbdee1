import { createHash } from 'node:crypto';
import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { Capability } from '../../contract/capabilities.ts';
import { SETTLED_QUARANTINE_LIMIT } from '../../contract/limits.ts';
import type { QuarantineEntry, TaskChange } from '../../contract/task.ts';
import { marshalPayload, marshalStored } from './stored-payload.ts';

/** A late delivery, and whose it is. */
export interface LateDelivery {
  readonly taskId: string;
  readonly processor: string;
  readonly entry: QuarantineEntry;
  /** What its token allowed: `entry.capability`, or `upload`. */
  readonly tokenOf: Capability;
  /** Most entries of one task. */
  readonly limit: number;
  /** The upload offer (by its digest) that this answers: it goes, so that the same arrival is not kept twice. */
  readonly offer?: string;
}

/**
 * Once each, on a task of this processor, and not without end. Only by the current token: one of an earlier issue, or one
 * that was never issued, would otherwise take the places of a genuine delivery.
 */
const MAY_KEEP =
  'processor = :processor AND callbacks.#tokenOf.jti = :jti AND attribute_not_exists(quarantine.#id) AND size(quarantine) < :limit';
/** Somebody has decided about it already, or about so many that no more is remembered. */
const NOT_SETTLED = '(attribute_not_exists(settled) OR (NOT contains(settled, :id) AND size(settled) < :settledLimit))';
const IS_OFFERED = 'attribute_exists(uploads.#offer)';

/**
 * Keeps a late delivery on its task. The condition fails where it is there already, was taken or discarded, the task is
 * gone or another processor's, the token is not its current one, or it has as many as it may.
 */
export const quarantineUpdate = (
  table: string,
  { entry, limit, offer, processor, taskId, tokenOf }: LateDelivery,
): UpdateItemCommandInput => ({
  TableName: table,
  Key: { taskId: { S: taskId } },
  UpdateExpression: [
    'SET quarantine.#id = :entry, #change = :change, changedAt = :at',
    ...(offer === undefined ? [] : ['REMOVE uploads.#offer']),
    'ADD #sequence :one',
  ].join(' '),
  ConditionExpression: [MAY_KEEP, NOT_SETTLED, ...(offer === undefined ? [] : [IS_OFFERED])].join(' AND '),
  ExpressionAttributeNames: {
    '#id': entry.id,
    '#tokenOf': tokenOf,
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
    ':jti': { S: entry.jti },
    ':id': { S: entry.id },
    ':limit': { N: `${limit}` },
    ':settledLimit': { N: `${SETTLED_QUARANTINE_LIMIT}` },
    ':change': { S: 'quarantined' satisfies TaskChange },
    ':at': { S: entry.receivedAt },
    ':one': { N: '1' },
  },
});

/** The same delivery again is the same entry. */
export const quarantineId = (jti: string, digest: string): string =>
  createHash('sha256').update(`${jti}#${digest}`).digest('base64url').slice(0, 22);
