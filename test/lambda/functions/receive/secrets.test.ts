import { expect } from 'vitest';
import { test } from '../../../support/fixtures.ts';
import { aReceiver, putTask } from '../../../support/receiver.ts';
import { aSigningKey, aToken, claimsOf, NOW } from '../../../support/tokens.ts';

test('O1 O2 no line holds a token, a credential, a cookie or a payload, whatever happens', async ({ key, store }) => {
  const receiver = aReceiver({ store, keys: [key] });
  const task = await putTask(store, key);
  const SECRETS = {
    payload: 'PAYLOAD-SECRET-1',
    cookie: 'COOKIE-SECRET-2',
    basic: 'QkFTSUMtU0VDUkVULTM',
    query: 'QUERY-SECRET-4',
    agent: 'line\n{"level":"ERROR","message":"AGENT-SECRET-5"}',
  };
  const headers = {
    'content-type': 'application/json',
    cookie: `session=${SECRETS.cookie}`,
    'user-agent': SECRETS.agent,
    'x-request-id': 'REQUEST-SECRET-6',
  };
  const base = { path: task.path('result'), headers, body: `{"text":"${SECRETS.payload}"}` };
  const bearer = (token: string) => ({ ...base, headers: { ...headers, authorization: `Bearer ${token}` } });
  const forged = await aToken(await aSigningKey());
  const future = await aToken(key, claimsOf({ nbf: NOW + 99 }, 'result', task.taskId));
  const malformed = `${task.tokens.failure}=`;

  await receiver.deliver({ ...base, query: { token: [SECRETS.query] } });
  await receiver.deliver({ ...base, headers: { ...headers, authorization: `Basic ${SECRETS.basic}` } });
  for (const token of [forged, future, malformed, 'GARBAGE-SECRET-7']) await receiver.deliver(bearer(token));
  await receiver.deliver({ ...base, path: `${base.path}/${malformed}` });
  await receiver.deliver({ ...base, path: `${base.path}/${task.tokens.result}/more` });
  await receiver.deliver({ ...base, method: 'GET', path: `${base.path}/${task.tokens.result}` });
  await receiver.deliver({ ...base, path: `${base.path}/${task.tokens.result}` });
  await receiver.deliver({ ...bearer(task.tokens.result), body: `{"text":"${SECRETS.payload} again"}` });
  await receiver.invoke({ httpMethod: 'POST', path: `/v1/results/${task.tokens.result}` });

  const written = JSON.stringify(receiver.lines);
  expect(receiver.lines.length).toBe(12);
  expect(written).toContain(task.taskId);
  for (const token of [task.tokens.result, task.tokens.failure, forged, future]) {
    for (const part of token.split('.')) expect(written).not.toContain(part);
  }
  expect(written).not.toMatch(/SECRET/);
  for (const secret of Object.values(SECRETS)) expect(written).not.toContain(secret);
});

test('O1 every outcome is one line: who, when, where, why', async ({ key, store }) => {
  const receiver = aReceiver({ store, keys: [key] });
  const task = await putTask(store, key);
  const delivery = { path: task.path('result'), headers: { authorization: `Bearer ${task.tokens.result}` } };
  const recorded = await receiver.deliver(delivery);
  await receiver.deliver({ ...delivery, headers: {} });
  expect(receiver.lines).toMatchObject([
    {
      timestamp: new Date(NOW * 1000).toISOString(),
      level: 'INFO',
      function: 'receive',
      requestId: recorded.headers['X-Request-Id'],
      method: 'POST',
      route: 'deliverResult',
      taskId: task.taskId,
      processor: 'acme-ocr',
      outcome: 'recorded',
      status: 200,
      sourceAddress: '203.0.113.7',
    },
    { code: 'token_missing', reason: expect.any(String), status: 401 },
  ]);
});
