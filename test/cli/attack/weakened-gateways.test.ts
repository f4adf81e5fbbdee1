import { createPrivateKey, type JsonWebKey, sign } from 'node:crypto';
import { clientCredentials, Postern } from '@postern/client';
import { describe, expect } from 'vitest';
import type { AttackGroup } from '../../../cli/attack/attack.ts';
import { CLAIMS } from '../../../cli/attack/catalogue/claims.ts';
import { HTTP } from '../../../cli/attack/catalogue/http.ts';
import { PRESENTATION } from '../../../cli/attack/catalogue/presentation.ts';
import { PROOF } from '../../../cli/attack/catalogue/proof.ts';
import { TOKEN_FORM } from '../../../cli/attack/catalogue/token-form.ts';
import { USE } from '../../../cli/attack/catalogue/use.ts';
import { ATTACKS } from '../../../cli/attack/catalogue.ts';
import { type Drill, runAttacks } from '../../../cli/attack/run-attacks.ts';
import { localTargets, namedTargets } from '../../../cli/attack/targets.ts';
import { readKeySet } from '../../../cli/token/key-set.ts';
import { test as base } from '../../local/start/gateway-fixtures.ts';
import { jsonAnswer, openWeakenedGateway, type PassingRequest, type Weakness } from '../../support/weakened-gateway.ts';

const test = base
  /** Runs the attacks of some groups at the gateway with a weakness in front of it. */
  .extend(
    'drill',
    ({ onTestFinished, ready }) =>
      async (
        groups: readonly AttackGroup[],
        weakness: Weakness,
        sender: 'sender' | 'small' = 'sender',
      ): Promise<Drill> => {
        const { origin, close } = await openWeakenedGateway(ready.gateway, weakness);
        onTestFinished(close);
        const { clientId, privateJwk: privateKey } = ready.clients[sender];
        const credentials = clientCredentials({ ...ready.idp, clientId, privateKey: { ...privateKey } });
        const signal = new AbortController().signal;
        return runAttacks({
          postern: new Postern({ origin, credentials }),
          targets: namedTargets('header-ocr', 'application/json', undefined),
          attacks: groups.flatMap(({ attacks }) => attacks),
          readKeys: () => readKeySet({ fetch, signal }, ready.gateway),
          now: Date.now,
          signal,
          begins: () => undefined,
        });
      },
  );

/** Names of attacks by their verdicts. */
const namesOf = ({ results }: Drill, verdict: 'accepted' | 'unexpected'): readonly string[] =>
  results.filter((result) => result.verdict === verdict).map(({ attack }) => attack.name);

const headerOf = ({ headers }: PassingRequest, wanted: string): string | undefined =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
const setHeader = (request: PassingRequest, name: string, value: string): PassingRequest => ({
  ...request,
  headers: [...request.headers.filter(([sent]) => sent.toLowerCase() !== name), [name, value]],
});
const dropHeader = (request: PassingRequest, name: string): PassingRequest => ({
  ...request,
  headers: request.headers.filter(([sent]) => sent.toLowerCase() !== name),
});

const decode = (part = ''): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

describe('the drill at a gateway that is broken in one way', () => {
  test('T1 T3 C5 catches one that does not check the signature', async ({ drill, ready }) => {
    const { kid = '', privateJwk } = ready.signing ?? {};
    const key = createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' });
    /** Signs any claims with the genuine key. */
    const signAnew = (token: string): string => {
      const claims = decode(token.split('.')[1]);
      if (claims === undefined) return token;
      const parts = [{ alg: 'ES256', typ: 'callback+jwt', kid }, claims];
      const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    };
    const outcome = await drill([TOKEN_FORM, CLAIMS, USE], {
      request: (request) => {
        const [, token] = /^Bearer (\S+)$/.exec(headerOf(request, 'authorization') ?? '') ?? [];
        return token === undefined ? request : setHeader(request, 'authorization', `Bearer ${signAnew(token)}`);
      },
    });
    expect(namesOf(outcome, 'accepted')).toEqual([
      ...TOKEN_FORM.attacks.map(({ name }) => name),
      'other-key',
      'other-key-under-our-name',
      'key-name-as-path',
      'signature-of-zeros',
      'more-uses',
    ]);
    // A later check refuses these, with its own code.
    expect(
      outcome.results.filter(({ verdict }) => verdict === 'unexpected').map(({ attack, code }) => [attack.name, code]),
    ).toEqual([
      ['tampered-task', 'token_revoked'],
      ['other-issuer', 'token_issuer_invalid'],
      ['other-audience', 'token_audience_invalid'],
      ['other-processor', 'token_subject_invalid'],
      ['other-token-id', 'token_revoked'],
      ['expired', 'token_expired'],
      ['longer-life', 'token_lifetime_exceeded'],
      ['not-yet-valid', 'token_not_yet_valid'],
    ]);
  });

  test('P2 catches one that reads the token from the query', async ({ drill }) => {
    const outcome = await drill([PRESENTATION], {
      request: (request) => {
        const [target = '', query] = request.target.split('?access_token=');
        return query === undefined ? request : setHeader({ ...request, target }, 'authorization', `Bearer ${query}`);
      },
    });
    expect([namesOf(outcome, 'accepted'), namesOf(outcome, 'unexpected')]).toEqual([['token-in-query'], []]);
  });

  test('P1 catches one that passes on the last Authorization alone', async ({ drill }) => {
    const outcome = await drill([PRESENTATION], {
      request: (request) => {
        const last = request.headers.filter(([name]) => name.toLowerCase() === 'authorization').at(-1)?.[1];
        return last === undefined ? request : setHeader(request, 'authorization', last);
      },
    });
    expect([namesOf(outcome, 'accepted'), namesOf(outcome, 'unexpected')]).toEqual([['authorization-twice'], []]);
  });

  test('P2 catches one that delivers, and answers with the expected refusal', async ({ drill }) => {
    const outcome = await drill([PRESENTATION], {
      request: (request) => {
        const [, token] = /access_token=(\S+)/.exec(headerOf(request, 'cookie') ?? '') ?? [];
        return token === undefined ? request : setHeader(request, 'authorization', `Bearer ${token}`);
      },
      answer: (answer, request) =>
        headerOf(request, 'cookie') === undefined ? answer : jsonAnswer(401, { code: 'token_missing' }),
    });
    expect(namesOf(outcome, 'accepted')).toEqual(['token-in-cookie']);
    expect(outcome.results.find(({ attack }) => attack.name === 'token-in-cookie')).toMatchObject({
      status: 401,
      code: 'token_missing',
      remark: 'the task is succeeded; expected pending',
    });
  });

  test('C5 catches one that normalizes paths', async ({ drill }) => {
    const outcome = await drill([HTTP], {
      request: (request) => ({
        ...request,
        target: new URL(decodeURIComponent(request.target).replaceAll(/\/+/g, '/'), 'http://x').pathname,
      }),
    });
    const names = ['percent-encoded-path', 'percent-encoded-task', 'dot-segments', 'doubled-slash'];
    expect([namesOf(outcome, 'accepted'), namesOf(outcome, 'unexpected')]).toEqual([names, []]);
  });

  test('H3 catches one that takes every method for POST', async ({ drill }) => {
    const outcome = await drill([HTTP], { request: (request) => ({ ...request, method: 'POST' }) });
    expect(namesOf(outcome, 'accepted')).toEqual(['other-method', 'link-preview', 'method-override']);
    // They have no body, so the payload is refused.
    expect(namesOf(outcome, 'unexpected')).toEqual(['head', 'trace']);
  });

  test('H3 catches one that removes Content-Encoding', async ({ drill }) => {
    const outcome = await drill([HTTP], { request: (request) => dropHeader(request, 'content-encoding') });
    expect([namesOf(outcome, 'accepted'), namesOf(outcome, 'unexpected')]).toEqual([['compressed-body'], []]);
  });

  test('C6 catches one that takes each delivery for the first one', async ({ drill }) => {
    const outcome = await drill([USE], {
      answer: (answer) => (answer.body.includes('token_replayed') ? jsonAnswer(200, { status: 'succeeded' }) : answer),
    });
    expect(namesOf(outcome, 'accepted')).toEqual(['second-use', 'second-use-in-parallel']);
    expect(outcome.results.find(({ attack }) => attack.parallel)?.remark).toBe('20 of 20 were accepted');
  });

  test('C5 catches one that changes the second task of an attack, and answers with a refusal', async ({ drill }) => {
    const isDoubled = ({ headers }: PassingRequest): boolean =>
      headers.filter(([name]) => name.toLowerCase() === 'authorization').length > 1;
    const outcome = await drill([PRESENTATION], {
      request: (request) => {
        const first = headerOf(request, 'authorization') ?? '';
        const { path } = decode(first.split('.')[1]) ?? {};
        return isDoubled(request) ? setHeader({ ...request, target: String(path) }, 'authorization', first) : request;
      },
      answer: (answer, request) => (isDoubled(request) ? jsonAnswer(400, { code: 'token_ambiguous' }) : answer),
    });
    expect(namesOf(outcome, 'accepted')).toEqual(['authorization-twice']);
  });

  test('O1 catches one that repeats the token in its answer', async ({ drill }) => {
    const outcome = await drill([USE], {
      answer: (answer, request) => ({
        ...answer,
        body: Buffer.from(
          answer.body.toString().replace('"title":', `"detail":"${headerOf(request, 'authorization')}","title":`),
        ),
      }),
    });
    expect(namesOf(outcome, 'accepted')).toEqual([]);
    expect(outcome.results.find(({ attack }) => attack.name === 'second-use')).toMatchObject({
      verdict: 'unexpected',
      remark: 'the answer repeats the token',
    });
  });

  test('H4 takes faults and closed connections for no refusal', async ({ drill }) => {
    const faulty = await drill([PRESENTATION], { request: () => jsonAnswer(500, {}) });
    expect(namesOf(faulty, 'unexpected')).toHaveLength(faulty.results.length);
    expect(faulty.results[0]).toMatchObject({ status: 500, code: 'http_500' });
  });

  test('says that an honest delivery was refused, where an attack needs one', async ({ drill }) => {
    const outcome = await drill([USE], { request: () => jsonAnswer(401, { code: 'token_replayed' }) });
    expect(outcome.results.find(({ attack }) => attack.name === 'second-use')).toMatchObject({
      status: 401,
      verdict: 'unexpected',
      remark: 'the honest delivery before the attack was refused',
    });
    expect(outcome.results.find(({ attack }) => attack.parallel)).toMatchObject({ verdict: 'unexpected' });
  });
});

test('the drill needs no more than three pending tasks at a time', async ({ drill }) => {
  const outcome = await drill([PRESENTATION, USE], {}, 'small');
  expect([namesOf(outcome, 'accepted'), namesOf(outcome, 'unexpected')]).toEqual([[], []]);
});

test('the processors of this machine fit every attack of the catalogue', ({ ready }) => {
  const targets = localTargets({ ...ready, clients: { ...ready.clients } } as unknown as Parameters<
    typeof localTargets
  >[0]);
  expect(ATTACKS.filter(({ target = 'plain' }) => !targets.has(target))).toEqual([]);
  expect(PROOF.attacks.every(({ target }) => target !== undefined)).toBe(true);
});
