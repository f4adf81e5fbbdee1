import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { CAPABILITIES } from '../../../contract/capabilities.ts';
import { NEVER } from '../../../contract/limits.ts';
import type { Payload, TaskChange, TaskLayout } from '../../../contract/task.ts';
import { closingOf, IS_NOT_OVERDUE } from '../../../shared/tables/closing.ts';
import { offerDigest } from '../../../shared/tables/hashed-keys.ts';
import { marshalPayload, marshalStored } from '../../../shared/tables/stored-payload.ts';
import type { TaskUpdate } from './callback-store.ts';
import type { TokenUse } from './token-use.ts';

/** Only the current token of a pending task may change it, and only before the task's deadlines. */
const MAY_CHANGE = `processor = :processor AND callbacks.#capability.jti = :jti AND #status = :pending AND ${IS_NOT_OVERDUE}`;

/** The parts of the update expression that differ by kind of update. */
interface Clauses {
  readonly change: TaskChange;
  readonly set: readonly string[];
  readonly remove?: string;
  /** Not published, so the update does not raise the sequence. */
  readonly silent?: true;
  /** The status changes, so the update raises the revision. */
  readonly revised?: true;
  readonly names?: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** Returns the second item of the transaction: the change of the task by a use. */
export const updateTask = (table: string, layout: TaskLayout, use: TokenUse, update: TaskUpdate): TransactWriteItem => {
  const { change, names, remove, revised, set, silent, values } = clausesOf(layout, use, update);
  const assignments = ['#change = :change', 'changedAt = :at', ...set].join(', ');
  return {
    Update: {
      TableName: table,
      Key: { taskId: { S: use.taskId } },
      UpdateExpression: [
        `SET ${assignments}`,
        ...(remove === undefined ? [] : [`REMOVE ${remove}`]),
        ...(silent ? [] : [`ADD #sequence :one${revised ? ', revision :one' : ''}`]),
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
        ':change': { S: change },
        ':at': { S: use.receivedAt },
        ...(!silent && { ':one': { N: '1' } }),
        ...values,
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
};

const clausesOf = (layout: TaskLayout, use: TokenUse, update: TaskUpdate): Clauses => {
  switch (update.kind) {
    case 'close': {
      const status = CAPABILITIES[update.capability].closesTaskAs;
      const closing = closingOf(layout, use.receivedAt, status);
      const attribute = update.stored.payload === undefined ? 'payloadKey' : 'payload';
      return {
        change: status,
        set: [
          '#status = :change',
          'closedAt = :at',
          '#capability = :payload',
          `${attribute} = :stored`,
          ...closing.assignments,
        ],
        remove: closing.removals.join(', '),
        revised: true,
        values: {
          ':payload': { M: payloadOf(layout, update.payload) },
          ':stored': marshalStored(update.stored),
          ...closing.values,
        },
      };
    }
    case 'progress': {
      const { at, note, percent } = update.progress;
      return {
        change: 'progressed',
        // A task without heartbeat keeps a deadline that never passes.
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
      const { contentType, jti, key, sha256, size } = update.offer;
      return {
        change: 'uploadOffered',
        silent: true,
        set: ['uploads.#offer = :offer'],
        names: { '#offer': offerDigest(update.offer) },
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

/** Description of a result. In the layout `current` its time of receipt is the time at which the task was closed. */
const payloadOf = (layout: TaskLayout, payload: Payload): Record<string, AttributeValue> => {
  const { receivedAt, ...rest } = marshalPayload(payload);
  return layout === 'current' || receivedAt === undefined ? rest : { ...rest, receivedAt };
};
