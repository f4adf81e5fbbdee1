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
const ROLE = 'arn:aws:iam::123456789012:role/Invoices';
const roles = (count: number) => Array.from({ length: count }, (_, index) => `${ROLE}${index}`);
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
    ['neither clients nor invokers', { invoices: {} }, 'applications.invoices.clients'],
    ['16 invokers', { invoices: { invokers: roles(16) } }, 'applications.invoices.invokers'],
    ['an invoker twice', { invoices: { invokers: [ROLE, ROLE] } }, 'applications.invoices.invokers'],
    ['an invoker with *', { invoices: { invokers: [`${ROLE}*`] } }, 'applications.invoices.invokers.0'],
    [
      'a session as an invoker',
      { invoices: { invokers: ['arn:aws:sts::123456789012:assumed-role/Invoices/one'] } },
      'applications.invoices.invokers.0',
    ],
    [
      'a user as an invoker',
      { invoices: { invokers: ['arn:aws:iam::123456789012:user/invoices'] } },
      'applications.invoices.invokers.0',
    ],
    [
      'an account as an invoker',
      { invoices: { invokers: ['arn:aws:iam::123456789012:root'] } },
      'applications.invoices.invokers.0',
    ],
    ['an unknown word for invokers', { invoices: { invokers: 'grant' } }, 'applications.invoices.invokers'],
    ['an unknown word for resumes', { invoices: { clients, resumes: 'grant' } }, 'applications.invoices.resumes'],
    ['41 applications whose invokers the app’s code names', many(41, () => ({ invokers: 'granted' })), 'applications'],
    ['41 applications with invokers', many(41, () => ({ invokers: [ROLE] })), 'applications'],
    [
      'two applications with the same output',
      { 'a-1': { invokers: [ROLE] }, a1: { invokers: [ROLE] } },
      'applications.a1.invokers',
    ],
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

  it('may have invokers of any account and partition, with a path, and no clients', () => {
    const invokers = [ROLE, 'arn:aws-us-gov:iam::210987654321:role/a/b/Invoices'];
    const environment = readEnvironment('test', anAwsEnvironment({ applications: { invoices: { invokers } } }));
    expect(environment.invokers).toEqual({ invoices: invokers });
    // `null` would mean every client.
    expect(environment.applications.invoices?.clients).toEqual([]);
  });

  it('have no invocation target without invokers, and never show roles to the functions', () => {
    const { applications, invokers } = readEnvironment(
      'test',
      anAwsEnvironment({ applications: { invoices: { clients, invokers: [] }, orders: { invokers: [ROLE] } } }),
    );
    expect(invokers).toEqual({ orders: [ROLE] });
    expect(JSON.stringify(applications)).not.toContain('role/');
  });

  it('have an invocation target without listed roles if the app’s code names them', () => {
    const { applications, invokers } = readEnvironment(
      'test',
      anAwsEnvironment({ applications: { invoices: { invokers: 'granted' } } }),
    );
    expect(invokers).toEqual({ invoices: [] });
    expect(applications.invoices?.clients).toEqual([]);
  });

  it('may be 40 with 15 invokers each', () => {
    expect(mistakesOf(many(40, () => ({ invokers: roles(15) })))).toEqual([]);
  });

  it('may be 100, with 100 clients each', () => {
    const all = many(100, (index) => ({ clients: Array.from({ length: 100 }, (_, one) => `client-${index}-${one}`) }));
    expect(mistakesOf(all)).toEqual([]);
  });
});

describe('the workflows that an application may resume', () => {
  const machine = (name: string, account = '123456789012') =>
    `arn:aws:states:eu-west-1:${account}:stateMachine:${name}`;
  const elsewhere = { arn: machine('a', '210987654321'), externalId: 'postern' };
  const resuming = (...resumes: readonly unknown[]) => ({ invoices: { clients, resumes } });

  it('are in the account of the environment, or have a role in their own account', () => {
    const roleArn = 'arn:aws:iam::210987654321:role/resume';
    expect(mistakesOf(resuming(machine('a'), { ...elsewhere, roleArn }))).toEqual([]);
    expect(mistakesOf(resuming(machine('a', '210987654321')))).toEqual(['applications.invoices.resumes.0']);
    expect(
      mistakesOf(resuming(machine('a'), { ...elsewhere, roleArn: 'arn:aws:iam::123456789012:role/resume' })),
    ).toEqual(['applications.invoices.resumes.1.roleArn']);
  });

  it('have ARNs of at most 6,000 characters together, each counted once', () => {
    // A name of 80 characters makes an ARN of 131, which takes 134 in a list. 44 of them take 5,897.
    const long = Array.from({ length: 44 }, (_, index) => machine(`${index + 10}`.padEnd(80, 'x')));
    const spread = (last: string) => {
      const arns = [...long, last, ...long];
      const parts = Array.from({ length: 9 }, (_, part) => arns.slice(part * 10, part * 10 + 10));
      return Object.fromEntries(parts.map((resumes, part) => [`app-${part}`, { clients: [], resumes }]));
    };
    expect(JSON.stringify(long)).toHaveLength(5_897);
    expect(mistakesOf(spread(machine('x'.repeat(49))))).toEqual([]);
    expect(mistakesOf(spread(machine('x'.repeat(50))))).toEqual(['applications']);
  });
});
