import { describe, expect, it } from 'vitest';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const applicationsOf = (applications: unknown) =>
  readEnvironment('test', anAwsEnvironment({ applications })).applications;

const mistakesOf = (applications: unknown): readonly string[] => {
  try {
    applicationsOf(applications);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors.map(({ at }) => at);
    throw error;
  }
  return [];
};

const clients = ['invoices-backend'];
const many = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`app-${index}`, make(index)]));

describe('the applications of an environment', () => {
  it('are one with every client and processor if the file names none', () => {
    expect(applicationsOf(undefined)).toEqual({
      default: { id: 'default', clients: null, processors: ['acme-ocr'], pendingLimit: null },
    });
  });

  it('have every processor and no limit unless the file says otherwise', () => {
    expect(applicationsOf({ invoices: { clients }, orders: { clients: [], processors: [], pendingLimit: 5 } })).toEqual(
      {
        invoices: { id: 'invoices', clients, processors: ['acme-ocr'], pendingLimit: null },
        orders: { id: 'orders', clients: [], processors: [], pendingLimit: 5 },
      },
    );
  });

  it.each(['ab', 'x'.repeat(32), 'a-1', '--'])('may have the id %s', (id) => {
    expect(mistakesOf({ [id]: { clients } })).toEqual([]);
  });

  it.each(['a', 'x'.repeat(33), 'Invoices', 'a_b', 'a#b', 'a b', ''])('may not have the id "%s"', (id) => {
    expect(mistakesOf({ [id]: { clients } })).toEqual([`applications.${id}`]);
  });

  it.each<[string, unknown, string]>([
    ['no application', {}, 'applications'],
    ['101 applications', many(101, () => ({ clients: [] })), 'applications'],
    ['no clients', { invoices: {} }, 'applications.invoices.clients'],
    ['a client with a blank', { invoices: { clients: ['a b'] } }, 'applications.invoices.clients.0'],
    ['an empty client', { invoices: { clients: [''] } }, 'applications.invoices.clients.0'],
    ['a client of 256 characters', { invoices: { clients: ['x'.repeat(256)] } }, 'applications.invoices.clients.0'],
    ['a client twice', { invoices: { clients: ['a', 'a'] } }, 'applications.invoices.clients'],
    [
      '101 clients',
      { invoices: { clients: Array.from({ length: 101 }, (_, index) => `client-${index}`) } },
      'applications.invoices.clients',
    ],
    ['an unknown property', { invoices: { clients, limit: 5 } }, 'applications.invoices.limit'],
    [
      'a limit of 10,000,001',
      { invoices: { clients, pendingLimit: 10_000_001 } },
      'applications.invoices.pendingLimit',
    ],
    ['a limit of 1.5', { invoices: { clients, pendingLimit: 1.5 } }, 'applications.invoices.pendingLimit'],
  ])('may not be %s', (_what, applications, at) => {
    expect(mistakesOf(applications)).toEqual([at]);
  });

  it('may be 100, with 100 clients each', () => {
    const all = many(100, (index) => ({ clients: Array.from({ length: 100 }, (_, one) => `client-${index}-${one}`) }));
    expect(mistakesOf(all)).toEqual([]);
  });
});
