import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../../../lambda/contract/routes.ts';
import { findRoute } from '../../../../lambda/shared/http/router.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';

test.each(Object.entries(ROUTES))('route %s is found by its function, and by no other', (name, route) => {
  const path = route.path.replaceAll(/\{\w+\}/g, 'abc-1');
  const found = findRoute(route.function, route.method, path);
  expect(isRefusal(found) ? found : found.name).toBe(name);
  const other = route.function === 'receive' ? 'tasks' : 'receive';
  expect(findRoute(other, route.method, path)).toMatchObject({ code: 'method_not_allowed' });
});

describe('H3 Allow', () => {
  test('lists the methods of a path whichever function has them', () => {
    expect(findRoute('tasks', 'PATCH', '/v1/tasks/abc')).toMatchObject({
      code: 'method_not_allowed',
      allow: expect.arrayContaining(['GET', 'DELETE']),
    });
    expect(findRoute('tasks', 'HEAD', '/v1/tasks/abc')).toMatchObject({ code: 'method_not_allowed' });
  });
});

test.each(['/', '', '//', '/v1', '/v1/tasks/', '/v1/tasks/a%62', '/v1/tasks/a/b/c', '/V1/tasks', '/v1/tasks/ä'])(
  'paths are compared as sent: %j is not found',
  (path) => {
    expect(findRoute('tasks', 'GET', path)).toMatchObject({ code: 'not_found' });
  },
);

test('a token segment may hold anything but a slash: whether it is a token is said later', () => {
  expect(findRoute('receive', 'POST', '/v1/results/abc/%00.é')).toMatchObject({
    name: 'deliverResultByPath',
    params: { taskId: 'abc', token: '%00.é' },
  });
});
