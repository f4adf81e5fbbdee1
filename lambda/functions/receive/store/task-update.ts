import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { CAPABILITIES } from '../../../contract/capabilities.ts';
import { NEVER } from '../../../contract/limits.ts';
import type { TaskChange as TaskChangeName } from '../../../contract/task.ts';
import { offerDigest } from '../../../shared/tables/hashed-keys.ts';
import { marshalPayload, marshalStored } from '../../../shared/tables/stored-payload.ts';
import type { TaskChange, Use } from './callback-store.ts';

/** Only the current token of a pending task may change it, and only before its time is over. */
const MAY_CHANGE =
  'processor = :processor AND callbacks.#capability.jti = :jti AND #status = :pending AND deadline > :now AND heartbeatDeadline > :now';

/** What one kind of change adds to the update of a task. */
interface Change {
  readonly name: TaskChangeName;
  readonly set: readonly string[];
  readonly remove?: string;
  /** Nobody's news: not published, so it does not raise the sequence. */
  readonly silent?: true;
  readonly names?: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** The second half of the transaction: how a use changes its task. */
export const taskUpdate = (table: string, use: Use, change: TaskChange): TransactWriteItem => {
  const { name, names, remove, set, silent, values } = changeOf(use, change);
  const assignments = ['#change = :change', 'changedAt = :at', ...set].join(', ');
  return {
    Update: {
      TableName: table,
      Key: { taskId: { S: use.taskId } },
      UpdateExpression: [
        `SET ${assignments}`,
        ...(remove === undefined ? [] : [`REMOVE ${remove}`]),
        ...(silent ? [] : ['ADD #sequence :one']),
      ].join(' '),
      ConditionExpression: MAY_CHANGE,
      ExpressionAttributeNames: {
        '#status': 'status',
        '#change': 'change',
        '#capability': use.capability,
        ...(!silent && { '#sequence': 'sequence' }),
        ...names,
      },
      ExpressionAttributeValues: {
        ':processor': { S: use.processor },
        ':jti': { S: use.jti },
        ':pending': { S: 'pending' },
        ':now': { N: `${use.now}` },
        ':change': { S: name },
        ':at': { S: use.receivedAt },
        ...(!silent && { ':one': { N: '1' } }),
        ...values,
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
};

const changeOf = (use: Use, change: TaskChange): Change => {
  switch (change.kind) {
    case 'close': {
      const status = CAPABILITIES[change.capability].closesTaskAs;
      const where = change.stored.payload === undefined ? 'payloadKey' : 'payload';
      return {
        name: status,
        set: [
          '#status = :change',
          'closedAt = :at',
          '#capability = :payload',
          `${where} = :stored`,
          'history = list_append(history, :history)',
        ],
        // No longer pending: it leaves the index of those that may expire.
        remove: 'dueShard, due',
        values: {
          ':payload': { M: marshalPayload(change.payload) },
          ':stored': marshalStored(change.stored),
          ':history': { L: [{ M: { at: { S: use.receivedAt }, status: { S: status } } }] },
        },
      };
    }
    case 'progress': {
      const { at, note, percent } = change.progress;
      return {
        name: 'progressed',
        // A task without heartbeat has none to miss, now as before.
        set: ['progress = :progress', 'heartbeatDeadline = if_not_exists(heartbeat, :never) + :now'],
        values: {
          ':never': { N: `${NEVER}` },
          ':progress': {
            M: {
              at: { S: at },
              ...(percent !== undefined && { percent: { N: `${percent}` } }),
              ...(note !== undefined && { note: { S: note } }),
            },
          },
        },
      };
    }
    case 'offer': {
      const { contentType, jti, key, sha256, size } = change.offer;
      return {
        name: 'uploadOffered',
        silent: true,
        set: ['uploads.#offer = :offer'],
        names: { '#offer': offerDigest(change.offer) },
        values: {
          ':offer': {
            M: {
              contentType: { S: contentType },
              size: { N: `${size}` },
              sha256: { S: sha256 },
              jti: { S: jti },
              key: { S: key },
            },
          },
        },
      };
    }
  }
};
