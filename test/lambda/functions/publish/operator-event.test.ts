import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../../../lambda/contract/audit.ts';
import { readChange, toBatches } from '../../../../lambda/functions/publish/batch-events.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const AT = new Date(NOW * 1000).toISOString();

const anEntry = (overrides: Partial<AuditEntry> = {}): AuditEntry => ({
  id: 'entry-1',
  at: AT,
  operator: { sub: 'ada', issuer: 'https://idp.example.com' },
  action: 'cancel',
  target: 'task-1',
  taskId: 'task-1',
  application: 'invoices',
  reason: 'a private reason',
  revision: { before: 1, after: 2 },
  from: '198.51.100.7',
  requestId: 'request-1',
  outcome: 'done',
  ...overrides,
});

const recordOf = (entry: object, sequenceNumber = '1') => ({
  sequenceNumber,
  image: marshall({ ...entry, month: '2100-06', auditKey: `${AT}#entry-1`, expiresAt: NOW + 1 }),
});

describe('the event of an operator’s action', () => {
  test('has who did what to which task, and neither reason nor address', () => {
    const [change] = readChange(recordOf(anEntry()), ORIGIN);
    expect(change).toMatchObject({
      event: {
        detailType: 'Operator Acted',
        time: AT,
        detail: {
          id: 'entry-1',
          at: AT,
          action: 'cancel',
          target: 'task-1',
          taskId: 'task-1',
          application: 'invoices',
          operator: { sub: 'ada', issuer: 'https://idp.example.com' },
          outcome: 'done',
        },
      },
    });
    expect(JSON.stringify(change && 'event' in change && change.event)).not.toMatch(/private|198\.51|request-1/);
  });

  test('of an action on a processor has no task', () => {
    const {
      application: _,
      revision: __,
      taskId: ___,
      ...entry
    } = anEntry({ action: 'revoke_all', target: 'acme-ocr' });
    const [change] = readChange(recordOf(entry), ORIGIN);
    expect(change && 'event' in change && Object.keys(change.event.detail)).toEqual([
      'id',
      'at',
      'action',
      'target',
      'operator',
      'outcome',
    ]);
  });

  test.each([
    ['a refused action', { outcome: 'task_closed' as const }],
    ['an action that changed nothing', { revision: { before: 2, after: 2 } }],
    ['an action that was done already', { isRepeated: true as const }],
  ])('is not made of %s', (_, overrides) => {
    expect(readChange(recordOf(anEntry(overrides)), ORIGIN)).toEqual([]);
  });

  test('is not made of a replaced item', () => {
    expect(readChange({ ...recordOf(anEntry()), isModification: true }, ORIGIN)).toEqual([]);
  });

  test.each([
    ['of an unknown action', { action: 'destroy' }],
    ['at no time', { at: 'then' }],
    ['of nobody', { operator: null }],
  ])('of a damaged item (%s) can never be published', (_, overrides) => {
    expect(readChange(recordOf({ ...anEntry(), ...overrides }), ORIGIN)).toMatchObject([{ reason: 'NotAnAuditItem' }]);
  });

  test('shares a request with other actions on the same task', () => {
    const changes = ['1', '2'].flatMap((number) =>
      readChange(recordOf(anEntry({ id: `entry-${number}` }), number), ORIGIN),
    );
    expect(toBatches(changes).map((batch) => (Array.isArray(batch) ? batch.length : 0))).toEqual([2]);
  });
});
