import type { TaskIndex } from '../../lambda/contract/tables.ts';

/** Attributes that lists read from the index itself, in the versions that had one with them. */
const LISTED = [
  'status',
  'processor',
  'resource',
  'owner',
  'metadata',
  'createdAt',
  'expiresAt',
  'deadline',
  'heartbeat',
  'heartbeatDeadline',
  'closedAt',
  'result',
  'failure',
  'progress',
  'history',
  'purgeAt',
];

/**
 * Indexes of earlier versions. Version 0.1.0 has the first two. The third one came with applications, and was replaced before
 * the next release. An update of a running table has them until its last steps.
 */
export const FORMER_TASK_INDEXES: readonly TaskIndex[] = [
  { name: 'byCreation', partitionKey: 'shard', sortKey: 'createdKey', types: ['N', 'S'], projected: LISTED },
  { name: 'byDeadline', partitionKey: 'dueShard', sortKey: 'due', types: ['N', 'N'], projected: [] },
  {
    name: 'byApplication',
    partitionKey: 'applicationShard',
    sortKey: 'createdKey',
    types: ['S', 'S'],
    projected: [...LISTED, 'application'],
  },
];
