import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROUTES, type Route } from '../../../../lambda/contract/routes.ts';
import { doorRules } from '../../../../lib/edge/door/door-rules.ts';
import { wafDirectives } from '../../../../lib/edge/door/waf-directives.ts';
import { isCallbackRoute } from '../../../../lib/edge/request-profiles.ts';

/** The file that the tests in Go load. `npm run docs` writes it. */
const LOADED_BY_GO = new URL('../../../../door/internal/waf/testdata/directives.conf', import.meta.url);
const TEXT = wafDirectives();
const ALL = Object.entries(ROUTES) as [string, Route][];
const SERVED = ALL.filter(([, { access }]) => access.kind !== 'operator');

/** Returns the expression of the rule with this id. */
const expressionOf = (id: number, text = TEXT): RegExp => {
  const [, expression] = new RegExp(`^SecRule \\S+ "!?@rx (.*)" "\\\\\\n {2}id:${id},`, 'm').exec(text) ?? [];
  if (expression === undefined) throw new Error(`The directives have no rule ${id} with an expression.`);
  return new RegExp(expression);
};
const isServed = (path: string, text?: string) => expressionOf(10_002, text).test(path);
const isCallback = (path: string, text?: string) => expressionOf(10_008, text).test(path);
const isInspected = (method: string, path: string, text?: string) =>
  expressionOf(10_009, text).test(`${method} ${path} HTTP/1.1`);

const exampleOf = ({ path }: Route): string => path.replaceAll(/\{\w+\}/g, 'gUcGy5DcXDZ2RzSHQ2nmuw');

describe('directives of the firewall', () => {
  it('are those that the tests in Go load', () => {
    expect(TEXT).toBe(readFileSync(LOADED_BY_GO, 'utf8'));
  });

  it.each(SERVED)('let the path of the route %s reach the rule set', (_name, route) => {
    expect(isServed(exampleOf(route))).toBe(true);
    expect(isCallback(exampleOf(route))).toBe(isCallbackRoute(route));
  });

  it('refuse paths without a route, and those of the console', () => {
    for (const path of ['/', '/.env', '/wp-login.php', '/console', '/console/tasks', '/v2/results/a', '/x/v1/tasks']) {
      expect(isServed(path)).toBe(false);
    }
  });

  it('have the same callbacks as the table of routes of the door', () => {
    for (const { paths, profile } of doorRules()) {
      for (const path of paths) expect(isCallback(path.replaceAll('*', 'a'))).toBe(profile === 'callback');
    }
  });

  it('inspect the bodies of senders, operators and handshakes, without inputs of tasks', () => {
    const inspected = ALL.filter(([, route]) => isInspected(route.method, exampleOf(route))).map(([name]) => name);
    expect(inspected).toEqual([
      'reissueCallbacks',
      'acceptQuarantined',
      'confirmHandshake',
      'operatorCancelTask',
      'operatorRevokeCallbacks',
      'operatorReopenTask',
      'operatorDispatchTask',
      'operatorAcceptQuarantined',
      'operatorDiscardQuarantined',
      'operatorRevealPayload',
      'operatorRevokeAll',
      'operatorDispatchAll',
      'operatorPauseProcessor',
      'operatorResumeProcessor',
      'operatorAbortJob',
      'operatorRedrive',
      'operatorRetireKey',
    ]);
    expect(isInspected('POST', '/v1/handshake/confirm?a=1')).toBe(true);
    for (const path of ['/v1/handshake/confirmed', '/v1/tasks/a/b/callbacks', '/x/v1/handshake/confirm']) {
      expect(isInspected('POST', path)).toBe(false);
    }
  });

  it('have the limit of 16 KB for a body, all of it in memory', () => {
    for (const name of ['', 'InMemory', 'NoFiles']) expect(TEXT).toContain(`\nSecRequestBody${name}Limit 16385\n`);
  });

  it('limit other paths to 512 bytes, queries to 512 and 4096, and parameters to 100', () => {
    expect(TEXT).toContain('SecRule REQUEST_FILENAME "@gt 512"');
    expect(TEXT.match(/SecRule QUERY_STRING "@gt \d+"/g)).toEqual([
      'SecRule QUERY_STRING "@gt 4096"',
      'SecRule QUERY_STRING "@gt 512"',
    ]);
    expect(TEXT).toContain('\nSecArgumentsLimit 100\n');
  });

  it('have no opinion on methods: a function answers 405', () => {
    expect(TEXT).toContain('ctl:ruleRemoveById=911100');
    expect(TEXT).not.toContain('tx.allowed_methods');
  });

  it('log nothing, because a log line of the engine has the text that matched', () => {
    expect(TEXT).toContain('\nSecAuditEngine Off\n');
    expect(TEXT).not.toMatch(/SecAuditLog|SecDebugLog|(?<!no)log,/);
  });

  it('know each new route', () => {
    const callback: Route = { method: 'PUT', path: '/v1/notes/{id}', function: 'receive', access: { kind: 'code' } };
    const operator: Route = {
      method: 'DELETE',
      path: '/v1/secrets/{id}',
      function: 'operator-api',
      access: { kind: 'sender', scope: 'task_write' },
      bodyLimit: 20_000,
    };
    const text = wafDirectives([...Object.values(ROUTES), callback, operator]);
    expect(text).not.toBe(TEXT);
    for (const path of ['/v1/notes/a', '/v1/secrets/a']) {
      expect(isServed(path)).toBe(false);
      expect(isServed(path, text)).toBe(true);
    }
    expect(isCallback('/v1/notes/a', text)).toBe(true);
    expect(isInspected('PUT', '/v1/notes/a', text)).toBe(false);
    expect(isInspected('DELETE', '/v1/secrets/a', text)).toBe(true);
    expect(text).toContain('\nSecRequestBodyLimit 20001\n');
  });
});
