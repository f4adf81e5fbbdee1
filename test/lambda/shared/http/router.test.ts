import { describe, expect, test } from 'vitest';
import { CALLBACK_ROUTES } from '../../../../lambda/contract/callback-routes.ts';
import { ROUTES } from '../../../../lambda/contract/routes.ts';
import { createRouter } from '../../../../lambda/shared/http/router.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';

const findRoute = createRouter(ROUTES);

test.each(Object.entries(ROUTES))('finds route %s in its function only', (name, route) => {
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
  'compares paths as sent: %j is not found',
  (path) => {
    expect(findRoute('tasks', 'GET', path)).toMatchObject({ code: 'not_found' });
  },
);

test('accepts any token segment without a slash, and leaves its check to the function', () => {
  expect(findRoute('receive', 'POST', '/v1/results/abc/%00.é')).toMatchObject({
    name: 'deliverResultByPath',
    params: { taskId: 'abc', token: '%00.é' },
  });
});

test('finds each route of the receiver among its own as among all', () => {
  const ownRoute = createRouter(CALLBACK_ROUTES);
  const own = Object.entries(ROUTES).filter(([, route]) => route.function === 'receive');
  expect(own.map(([name]) => name)).toEqual(Object.keys(CALLBACK_ROUTES));
  for (const [, { path: template }] of own) {
    const path = template.replaceAll(/\{\w+\}/g, 'abc-1');
    for (const method of ['POST', 'GET']) {
      expect(ownRoute('receive', method, path)).toEqual(findRoute('receive', method, path));
    }
  }
  expect(ownRoute('receive', 'GET', '/healthz')).toMatchObject({ code: 'not_found' });
});
