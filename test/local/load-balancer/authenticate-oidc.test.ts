import { createPublicKey, verify } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CONSOLE_CLIENT_ID, loadIdentities } from '../../../local/identity-provider/identities.ts';
import { bindIdentityProvider } from '../../../local/identity-provider/identity-provider.ts';
import { CALLBACK_PATH, createOidcAuthenticator } from '../../../local/load-balancer/authenticate-oidc.ts';
import { bindGateway } from '../../../local/load-balancer/gateway-server.ts';
import type { LambdaEvent } from '../../../local/load-balancer/lambda-event.ts';
import type { OidcConfig } from '../../../local/load-balancer/listener.ts';
import { createLoadBalancer } from '../../../local/load-balancer/load-balancer.ts';
import { Browser } from '../../support/browser.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { aLoadBalancerIdentity } from './identities.ts';

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/gateway/1';
const SESSION_SECONDS = 600;
const identity = aLoadBalancerIdentity();

const unpad = (segment: string): object => JSON.parse(Buffer.from(segment, 'base64url').toString('utf8')) as object;

const test = base
  .extend('events', (): LambdaEvent[] => [])
  .extend('clock', () => ({ now: Date.now() }))
  .extend('gateway', { scope: 'file' }, async ({ folder }, { onCleanup }) => {
    const [idp, server] = await Promise.all([bindIdentityProvider(0), bindGateway(0)]);
    onCleanup(async () => {
      await server.stop();
      await idp.stop();
    });
    const origin = `http://127.0.0.1:${server.port}`;
    const identities = loadIdentities(join(folder, 'identities.json'));
    await idp.serve({ identities, gatewayOrigin: origin, consoleRedirectUri: `${origin}${CALLBACK_PATH}` });
    const config: OidcConfig = {
      Issuer: idp.issuer,
      AuthorizationEndpoint: `${idp.issuer}/auth`,
      TokenEndpoint: idp.tokenEndpoint,
      UserInfoEndpoint: `${idp.issuer}/me`,
      ClientId: CONSOLE_CLIENT_ID,
      ClientSecret: identities.consoleClientSecret,
      Scope: 'openid profile',
      SessionCookieName: 'AWSELBAuthSessionCookie',
      SessionTimeout: SESSION_SECONDS,
      OnUnauthenticatedRequest: 'authenticate',
      AuthenticationRequestExtraParams: {},
    };
    return { idp, server, origin, config };
  })
  .extend('serveWith', ({ clock, events, gateway }) => (over: Partial<OidcConfig>): void => {
    const oidcConfig = { ...gateway.config, ...over };
    gateway.server.serve(
      createLoadBalancer({
        origin: gateway.origin,
        listener: {
          rules: [
            {
              priority: 1,
              conditions: [{ field: 'path-pattern', values: ['/console', '/console/*'] }],
              actions: [
                { Type: 'authenticate-oidc', AuthenticateOidcConfig: oidcConfig },
                { Type: 'forward', targetGroups: ['arn:group'] },
              ],
            },
          ],
          defaultActions: [],
          serverHeader: false,
        },
        validateJwt: async () => 'invalid',
        oidc: createOidcAuthenticator({ origin: gateway.origin, identity, loadBalancerArn: ARN, now: () => clock.now }),
        invoke: async (_, event) => {
          events.push(event as LambdaEvent);
          return { statusCode: 200, body: 'console' };
        },
      }),
    );
  })
  .extend('served', { auto: true }, ({ serveWith }) => serveWith({}));

test('redirects an operator after sign-in to the requested page, with signed claims', async ({ events, gateway }) => {
  const browser = new Browser(gateway.origin);
  const back = await browser.signIn('operator', '/console/tasks?a=1');
  const landed = await browser.follow(back);

  expect(landed.url).toBe(`${gateway.origin}/console/tasks?a=1`);
  expect(await landed.response.text()).toBe('console');
  const headers = events[0]?.multiValueHeaders ?? {};
  expect(headers['x-amzn-oidc-identity']).toEqual(['operator']);
  expect(headers['x-amzn-oidc-accesstoken']?.[0]).toMatch(/^[\w-]+$/);

  const [header = '', payload = '', signature = ''] = headers['x-amzn-oidc-data']?.[0]?.split('.') ?? [];
  expect([header, payload, signature].every((segment) => segment.length % 4 === 0)).toBe(true);
  expect(unpad(header)).toMatchObject({
    alg: 'ES256',
    kid: identity.kid,
    signer: ARN,
    iss: gateway.idp.issuer,
    client: CONSOLE_CLIENT_ID,
    exp: expect.any(Number),
  });
  expect(unpad(payload)).toMatchObject({
    sub: 'operator',
    name: 'operator',
    roles: ['operator', 'operator_payload'],
    iss: gateway.idp.issuer,
  });
  const key = { key: createPublicKey(identity.publicKeyPem), dsaEncoding: 'ieee-p1363' } as const;
  expect(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
});

test('a guest signs in and has no role; the session then serves without the provider', async ({ events, gateway }) => {
  const browser = new Browser(gateway.origin);
  await browser.follow(await browser.signIn('guest'));
  const again = await browser.request(`${gateway.origin}/console`);

  expect(again.status).toBe(200);
  const payload = events[1]?.multiValueHeaders['x-amzn-oidc-data']?.[0]?.split('.')[1] ?? '';
  expect(unpad(payload)).toMatchObject({ sub: 'guest', roles: [] });
});

test('without a session: 302 to the provider, and no function runs', async ({ events, gateway }) => {
  const response = await new Browser(gateway.origin).request(`${gateway.origin}/console`);
  const location = new URL(response.headers.get('location') ?? '');

  expect(response.status).toBe(302);
  expect(location.origin + location.pathname).toBe(gateway.config.AuthorizationEndpoint);
  expect(Object.fromEntries(location.searchParams)).toMatchObject({
    client_id: CONSOLE_CLIENT_ID,
    response_type: 'code',
    scope: 'openid profile',
    redirect_uri: `${gateway.origin}${CALLBACK_PATH}`,
  });
  expect(response.headers.getSetCookie().every((line) => line.includes('HttpOnly'))).toBe(true);
  expect(events).toEqual([]);
});

test('deny is 401, allow goes on without claims', async ({ events, gateway, serveWith }) => {
  serveWith({ OnUnauthenticatedRequest: 'deny' });
  expect((await fetch(`${gateway.origin}/console`)).status).toBe(401);
  expect(events).toEqual([]);
  serveWith({ OnUnauthenticatedRequest: 'allow' });
  expect((await fetch(`${gateway.origin}/console`, { headers: { 'x-amzn-oidc-data': 'forged' } })).status).toBe(200);
  expect(events[0]?.multiValueHeaders).not.toHaveProperty('x-amzn-oidc-data');
});

test('deny redirects an expired session to sign-in, and answers 401 to a forged cookie', async ({
  clock,
  events,
  gateway,
  serveWith,
}) => {
  const browser = new Browser(gateway.origin);
  await browser.follow(await browser.signIn('operator'));
  const cookie = browser.cookies.get('AWSELBAuthSessionCookie-0') ?? '';
  serveWith({ OnUnauthenticatedRequest: 'deny' });
  expect((await browser.request(`${gateway.origin}/console/style.css`)).status).toBe(200);
  const before = events.length;

  clock.now += SESSION_SECONDS * 1000 + 1;
  const expired = await browser.request(`${gateway.origin}/console/style.css`);
  expect(expired.status).toBe(302);
  expect(expired.headers.get('location')).toContain(gateway.config.AuthorizationEndpoint);
  expect((await browser.request(`${gateway.origin}/console`, { method: 'POST' })).status).toBe(302);
  expect(events).toHaveLength(before);

  browser.cookies.set('AWSELBAuthSessionCookie-0', `${cookie[0] === 'A' ? 'B' : 'A'}${cookie.slice(1)}`);
  expect((await browser.request(`${gateway.origin}/console/style.css`)).status).toBe(401);
});

test('a sign-in that another browser began is not completed here', async ({ gateway }) => {
  const back = await new Browser(gateway.origin).signIn('operator');
  expect((await fetch(back, { redirect: 'manual' })).status).toBe(401);
});

test('accepts a code once; refuses a foreign state and a sign-in that took too long', async ({ clock, gateway }) => {
  const browser = new Browser(gateway.origin);
  const back = await browser.signIn('operator');
  const nonce = browser.cookies.get('AWSALBAuthNonce') ?? '';
  expect((await browser.request(back)).status).toBe(302);
  browser.cookies.set('AWSALBAuthNonce', nonce);
  expect((await browser.request(back)).status).toBe(561);
  expect((await browser.request(`${gateway.origin}${CALLBACK_PATH}?code=a&state=b`)).status).toBe(400);
  clock.now += 16 * 60_000;
  expect((await browser.request(back)).status).toBe(401);
});

test('a refusal by the provider, and a wrong client secret, are the load balancer’s own 561', async ({
  gateway,
  serveWith,
}) => {
  const browser = new Browser(gateway.origin);
  const state = new URL(await browser.signIn('operator')).searchParams.get('state') ?? '';
  const refused = `${gateway.origin}${CALLBACK_PATH}?error=access_denied&state=${encodeURIComponent(state)}`;
  expect((await browser.request(refused)).status).toBe(561);

  const other = new Browser(gateway.origin);
  const back = await other.signIn('operator');
  serveWith({ ClientSecret: 'wrong' });
  expect((await other.request(back)).status).toBe(561);
});

test('ends a session with its time, and refuses a changed session or one of another client', async ({
  clock,
  gateway,
  serveWith,
}) => {
  const browser = new Browser(gateway.origin);
  await browser.follow(await browser.signIn('operator'));
  const cookie = browser.cookies.get('AWSELBAuthSessionCookie-0') ?? '';
  expect((await browser.request(`${gateway.origin}/console`)).status).toBe(200);

  browser.cookies.set('AWSELBAuthSessionCookie-0', `${cookie[0] === 'A' ? 'B' : 'A'}${cookie.slice(1)}`);
  expect((await browser.request(`${gateway.origin}/console`)).status).toBe(302);
  browser.cookies.set('AWSELBAuthSessionCookie-0', cookie);
  serveWith({ ClientId: 'another' });
  expect((await browser.request(`${gateway.origin}/console`)).status).toBe(302);
  serveWith({});
  clock.now += SESSION_SECONDS * 1000 + 1;
  expect((await browser.request(`${gateway.origin}/console`)).status).toBe(302);
});

test('the sign-in page takes no name that could be something else', async ({ gateway }) => {
  const browser = new Browser(gateway.origin);
  const page = await browser.follow(`${gateway.origin}/console`);
  const body = new URLSearchParams({ login: '<script>alert(1)</script>' });
  const refused = await browser.request(page.url, { method: 'POST', body });
  expect(refused.status).toBe(400);
  expect(await refused.text()).not.toContain('<script>');
});
