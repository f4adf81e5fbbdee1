import { describe, expect, test } from 'vitest';
import type { AuthenticatedCallback } from '../../../../../lambda/functions/receive/authenticated-callback.ts';
import { askPolicy, checkDecision } from '../../../../../lambda/functions/receive/checks/ask-policy.ts';
import type { Question } from '../../../../../lambda/shared/policy/policy.ts';
import type { EventOverrides } from '../../../../support/alb-event.ts';
import { anAuthenticatedCallback } from '../../../../support/authenticated-callback.ts';
import { claimsOf, NOW } from '../../../../support/tokens.ts';

const DECISION = { allowed: true, policies: ['all'], failed: [] };

/** The question about a callback. */
const questionOf = (callback: Partial<AuthenticatedCallback> & { readonly event?: EventOverrides } = {}) => {
  const questions: Question[] = [];
  const policy = () => ({
    decide: (question: Question) => {
      questions.push(question);
      return DECISION;
    },
  });
  expect(askPolicy(policy, anAuthenticatedCallback(callback))).toBe(DECISION);
  expect(questions).toHaveLength(1);
  return questions[0];
};

describe('C5 the question to the policies', () => {
  test('has processor, capability, task, source, carrier, proof, payload and age of the token', () => {
    const claims = claimsOf({ iat: NOW - 7 });
    expect(questionOf({ claims, event: { body: '"é"' } })).toStrictEqual({
      principal: { type: 'Processor', id: 'acme-ocr', attributes: { proof: 'none' } },
      action: 'result',
      resource: { type: 'Task', id: 'task-1', attributes: { processor: 'acme-ocr' } },
      context: {
        source: '203.0.113.7',
        carrier: 'path',
        proof: 'none',
        size: 4,
        contentType: 'application/json',
        age: 7,
      },
    });
  });

  test('names the owner of the task, if the token has one', () => {
    expect(questionOf({ claims: claimsOf({ owner: 'user-7' }) })?.resource.attributes).toEqual({
      processor: 'acme-ocr',
      owner: 'user-7',
    });
  });

  test('has no source if the address is unknown, and no negative age', () => {
    const claims = claimsOf({ iat: NOW + 5 });
    const context = questionOf({ claims, event: { headers: { 'x-forwarded-for': '' } } })?.context;
    expect(context).toMatchObject({ age: 0 });
    expect(context).not.toHaveProperty('source');
  });

  const OFFER = { contentType: 'Application/PDF; version=2', size: 7_000_000_000 };
  const offered = (body: unknown) =>
    questionOf({ capability: 'upload', event: { body: JSON.stringify(body) } })?.context;

  test('has size and type of the offered object for an upload', () => {
    expect(offered(OFFER)).toMatchObject({ size: 7_000_000_000, contentType: 'application/pdf' });
  });

  test('has size and type of the request for a result, whatever its payload says', () => {
    const body = JSON.stringify(OFFER);
    expect(questionOf({ event: { body } })?.context).toMatchObject({
      size: body.length,
      contentType: 'application/json',
    });
  });

  test.each([
    ['no object', 'text'],
    ['null', null],
    ['other types of values', { contentType: 1, size: '1' }],
    ['a size that Cedar cannot compare', { contentType: 'x', size: 1.5 }],
    ['a size above 2^53', { contentType: 'x', size: 2 ** 53 }],
  ])('has size and type of the request for an upload that offers %s', (_name, body) => {
    expect(offered(body)).toMatchObject({ size: JSON.stringify(body).length, contentType: 'application/json' });
  });

  test('has size and type of the request for an upload whose body is not JSON', () => {
    const callback = { capability: 'upload', event: { body: '{' } } as const;
    expect(questionOf(callback)?.context).toMatchObject({ size: 1, contentType: 'application/json' });
  });

  test('is not asked in an environment without policies', () => {
    expect(askPolicy(null, anAuthenticatedCallback())).toBeUndefined();
  });
});

describe('C5 the decision of the policies', () => {
  test('lets a callback pass if it allows it, or if there are no policies', () => {
    expect(checkDecision(DECISION)).toBeUndefined();
    expect(checkDecision(undefined)).toBeUndefined();
  });

  test('refuses a callback otherwise', () => {
    expect(checkDecision({ ...DECISION, allowed: false })).toEqual({
      kind: 'refusal',
      code: 'policy_denied',
      reason: 'no policy allows it, or one forbids it',
    });
  });
});
