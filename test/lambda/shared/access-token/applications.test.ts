import { describe, expect, it } from 'vitest';
import type { Application } from '../../../../lambda/contract/applications.ts';
import { createFindApplication } from '../../../../lambda/shared/access-token/applications.ts';

const application = (id: string, clients: Application['clients']): Application => ({
  id,
  clients,
  processors: [],
  pendingLimit: null,
});
const APPLICATIONS = {
  invoices: application('invoices', ['listed']),
  orders: application('orders', []),
};

describe('the application of a client', () => {
  const find = createFindApplication(APPLICATIONS, { orders: 'made', gone: 'of-nobody' });

  it.each([
    ['listed', 'invoices'],
    ['made', 'orders'],
    ['of-nobody', undefined],
    ['unknown', undefined],
    ['orders', undefined],
  ])('of %s is %s', (client, id) => {
    expect(find(client)?.id).toBe(id);
  });

  it('is that of its list, without clients that the deployment knows', () => {
    const without = createFindApplication(APPLICATIONS);
    expect([without('listed')?.id, without('made')?.id]).toEqual(['invoices', undefined]);
  });
});
