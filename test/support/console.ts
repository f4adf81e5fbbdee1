import { randomUUID } from 'node:crypto';
import { createConsoleKey } from '../../lambda/shared/console/console-key.ts';
import { countFormRefusals } from '../../lambda/shared/console/form.ts';
import {
  type AnswerVisit,
  assetsOf,
  type ConsoleFrameOptions,
  createConsoleFrame,
} from '../../lambda/shared/console/frame.ts';
import type { Operator } from '../../lambda/shared/console/operator-assertion.ts';
import { createRefusalAnswer } from '../../lambda/shared/console/refusal-answer.ts';
import { html } from '../../lambda/shared/html/template.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { read } from './delivered.ts';
import { NOW, ORIGIN } from './tokens.ts';

export const ADA: Operator = { subject: 'operator-1', name: 'Ada Lovelace', roles: ['operator'] };

/** Headers that a browser sends with a form of the page that it shows. */
export const FORM_HEADERS = {
  'sec-fetch-site': 'same-origin',
  origin: ORIGIN,
  'content-type': 'application/x-www-form-urlencoded',
  accept: 'text/html',
};

/** Options of the frame: Ada is signed in. */
export const frameOptions = (options: Partial<ConsoleFrameOptions> = {}): ConsoleFrameOptions => ({
  origin: ORIGIN,
  environment: 'test',
  isProtected: false,
  issuer: 'https://idp.example.com',
  verifier: { verify: async () => ADA },
  key: async () => createConsoleKey(Buffer.alloc(32, 7)),
  clientId: 'postern-console',
  endSession: { endpoint: 'https://idp.example.com/session/end', returnParameter: 'post_logout_redirect_uri' },
  assets: assetsOf({ style: '', script: '' }),
  sessionSeconds: 28_800,
  idleSeconds: 1_800,
  now: () => NOW * 1000,
  ...options,
});

/** A page for tests of the frame. */
export const ANY_PAGE: AnswerVisit = async () => ({ title: 'Overview', body: html`<p>Nothing.</p>` });

/** A browser at the console, for whom the load balancer vouches; it keeps the console's own cookie. */
export const aVisitor = (options: Partial<ConsoleFrameOptions> = {}) => {
  let now = NOW;
  let operator: Operator = ADA;
  let cookie = '';
  const lines: Record<string, unknown>[] = [];
  const handler = serve({
    owner: 'console',
    origin: ORIGIN,
    logger: createLogger('test', 'console', (line) => lines.push(JSON.parse(line))),
    handle: createConsoleFrame(
      frameOptions({ verifier: { verify: async () => operator }, now: () => now * 1000, ...options }),
      ANY_PAGE,
    ),
    respondToRefusal: createRefusalAnswer(ORIGIN),
    measure: countFormRefusals,
  });
  const ask = async (event: EventOverrides = {}) => {
    const result = await handler(
      anAlbEvent({
        method: 'GET',
        path: '/console',
        body: '',
        ...event,
        headers: { accept: 'text/html', cookie: [`theme=dark; ${cookie}`], ...event.headers },
      }),
      { awsRequestId: randomUUID() },
    );
    const cookies = result.multiValueHeaders['Set-Cookie'] ?? [];
    const own = cookies.find((line) => line.includes('postern-console='));
    if (own !== undefined) cookie = own.split(';', 1).join();
    return { ...read(result), cookies };
  };
  return {
    ask,
    lines,
    /** The token of the form that signs out, from the page. */
    signOutToken: async () => /name="token" value="([^"]+)"/.exec((await ask()).body.toString())?.[1] ?? '',
    signOut: (token: string, headers: Record<string, string | readonly string[] | undefined> = {}) =>
      ask({
        method: 'POST',
        path: '/console/sign-out',
        headers: { ...FORM_HEADERS, ...headers },
        body: new URLSearchParams({ token }).toString(),
      }),
    /** Sets the clock, in seconds since 1970. */
    at: (seconds: number) => {
      now = seconds;
    },
    as: (somebody: Operator) => {
      operator = somebody;
    },
    /** Sets the console's cookie, as a manipulated browser could. */
    bring: (text: string) => {
      cookie = text;
    },
    cookie: () => cookie,
  };
};
