import { randomUUID } from 'node:crypto';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
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
import type { HandlerOutcome, ServeOptions } from '../../lambda/shared/http/serve.ts';
import { servePages } from '../../lambda/shared/http/serve-pages.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { measureAction } from '../../lambda/shared/operator/answer-action.ts';
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

/** The frame of a function of the console, or its endpoint. */
type MakeHandle = (frame: ConsoleFrameOptions) => ServeOptions<HandlerOutcome>['handle'];

/** A page for tests of the frame, and a file. */
export const ANY_PAGE: AnswerVisit = async (_, { name }) =>
  name === 'consoleStyle'
    ? { contentType: 'text/css; charset=utf-8', content: '', isLasting: false }
    : { title: 'Overview', body: html`<p>Nothing.</p>` };

/** A browser at the frame of the console. @param answer what is inside the frame */
export const aVisitor = (options: Partial<ConsoleFrameOptions> = {}, answer: AnswerVisit = ANY_PAGE) =>
  aBrowserAt((frame) => createConsoleFrame(frame, answer), options);

/** Values of the hidden fields of the form in the content of a page. The form that signs out is in the header. */
export const fieldsOf = (page: string): Record<string, string> =>
  Object.fromEntries(
    [...page.slice(page.indexOf('<main')).matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );

/** A browser at a function of the console. The load balancer vouches for the operator. It keeps the gateway's cookies. */
export const aBrowserAt = (
  makeHandle: MakeHandle,
  options: Partial<ConsoleFrameOptions> = {},
  owner: FrontFunction = 'console',
) => {
  let now = NOW;
  let operator: Operator = ADA;
  const jar = new Map<string, string>();
  const lines: Record<string, unknown>[] = [];
  const handler = servePages({
    owner,
    origin: ORIGIN,
    logger: createLogger('test', owner, (line) => lines.push(JSON.parse(line))),
    handle: makeHandle(frameOptions({ verifier: { verify: async () => operator }, now: () => now * 1000, ...options })),
    respondToRefusal: createRefusalAnswer(ORIGIN),
    measure: (outcome) => [...countFormRefusals(outcome), ...measureAction(outcome)],
  });
  const ask = async (event: EventOverrides = {}) => {
    const cookie = ['theme=dark', ...[...jar].map(([name, value]) => `${name}=${value}`)].join('; ');
    const result = await handler(
      anAlbEvent({
        method: 'GET',
        path: '/console',
        body: '',
        ...event,
        headers: { accept: 'text/html', cookie: [cookie], ...event.headers },
      }),
      { awsRequestId: randomUUID() },
    );
    const cookies = result.multiValueHeaders['Set-Cookie'] ?? [];
    for (const line of cookies) {
      const [, name = '', value = '', age] = /^([^=]+)=([^;]*);.*Max-Age=(\d+)/.exec(line) ?? [];
      if (age === '0') jar.delete(name);
      else jar.set(name, value);
    }
    const answer = read(result);
    return { ...answer, cookies, html: answer.body.toString() };
  };
  const send = (
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Record<string, string | readonly string[] | undefined> = {},
  ) =>
    ask({
      method: 'POST',
      path,
      headers: { ...FORM_HEADERS, ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  return {
    ask,
    /** Sends a form. */
    send,
    /** Opens the page of an action, and sends its form with further fields. */
    act: async (path: string, fields: Readonly<Record<string, string>> = { reason: 'asked by phone' }) =>
      send(path, { ...fieldsOf((await ask({ path })).html), ...fields }),
    lines,
    /** The token of the form that signs out, from the page. */
    signOutToken: async () => /name="token" value="([^"]+)"/.exec((await ask()).html)?.[1] ?? '',
    signOut: (token: string, headers: Record<string, string | readonly string[] | undefined> = {}) =>
      send('/console/sign-out', { token }, headers),
    /** Sets the clock, in seconds since 1970. */
    at: (seconds: number) => {
      now = seconds;
    },
    as: (somebody: Operator) => {
      operator = somebody;
    },
    /** Sets one cookie, `name=value`, as a manipulated browser could. */
    bring: (cookie: string) => {
      const [name = '', value = ''] = cookie.split('=');
      jar.set(name, value);
    },
    /** The console's cookie for its own session, `name=value`. */
    cookie: () => `__Host-postern-console=${jar.get('__Host-postern-console') ?? ''}`,
    jar,
  };
};
