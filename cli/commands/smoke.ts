import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { readSecret } from '../read-secret.ts';
import { checkOrigin } from '../settings/read-settings.ts';
import { API_SCOPES } from '../sign-in/api-scopes.ts';
import { openSession } from '../sign-in/session.ts';

export const SMOKE_COMMAND = defineCommand({
  name: 'smoke',
  summary: 'Checks a deployed gateway from outside, as a sender and a processor',
  description:
    'First it checks the ingress (only with https), then it plays the scenario of one callback: it opens tasks, delivers results as ' +
    'a processor, checks the refusals, and closes the tasks that it opened. It uses the sign-in of the profile, which must be at ' +
    'this gateway, or the access token of --access-token-file. Without both, a deployment job names its client in ' +
    'POSTERN_IDP_ISSUER, POSTERN_TOKEN_ENDPOINT, POSTERN_CLIENT_ID, POSTERN_CLIENT_JWK_FILE and POSTERN_SCOPE. ' +
    'NODE_EXTRA_CA_CERTS names a file with a certificate authority that Node does not know.',
  arguments: { URL: { doc: 'origin of the gateway' } },
  options: {
    processor: {
      doc: 'a processor without proof and JSON Schema, preferably one that only this test uses',
      value: 'ID',
      required: true,
    },
    contentType: { doc: 'a content type that it may send', value: 'TYPE', default: 'application/json' },
    shortProcessor: { doc: 'a processor with short URLs, if the environment has one', value: 'ID' },
    accessTokenFile: { doc: "a file with a sender's access token, or - for stdin", value: 'FILE' },
    noReplay: { doc: 'omits the replay, which raises the alarm ReplayDetected' },
  },
  examples: ['postern smoke https://callbacks.example.com --processor smoke-ocr --no-replay'],
  exits: ['failed', 'signIn', 'unavailable'],
  run: async (context, { arguments: { URL: url }, options }) => {
    const { io, signal } = context;
    const { accessTokenFile, contentType, noReplay, processor, shortProcessor } = options;
    const origin = checkOrigin('The URL', url);
    const { playSmoke } = await import('../../smoke/play-smoke.ts');
    const { createReporter } = await import('../../scenario/reporter.ts');
    const isText = io.format === 'text';
    const report = createReporter((line) => (isText ? io.write(`${line}\n`) : io.note(line)), isText && io.isTerminal);
    const failures = await playSmoke(
      {
        origin,
        ...(await accessTokenFor(context, origin, accessTokenFile)),
        processor,
        contentType,
        documentType: contentType,
        ...(shortProcessor !== undefined && { shortProcessor }),
        replay: !noReplay,
        report,
      },
      signal,
    );
    if (!isText) io.print({ origin, processor, failures }, () => '');
    for (const failure of failures) io.note(`\n${failure}`);
    return failures.length === 0 ? 'ok' : 'failed';
  },
});

interface ScenarioToken {
  readonly accessToken: string;
  readonly accessTokenFrom: 'caller' | 'provider';
}

/** A sender's access token: of the file, or by the variables that name a client if they are set, otherwise of the profile. */
const accessTokenFor = async (context: Context, origin: string, file: string | undefined): Promise<ScenarioToken> => {
  const { env, settings } = context;
  if (file !== undefined) {
    return { accessToken: await readSecret(context, 'access token', file), accessTokenFrom: 'caller' };
  }
  // Earlier versions took the token from it. Another token must not be used in silence instead.
  if (env.POSTERN_ACCESS_TOKEN) {
    throw new CommandError(
      'usage',
      'POSTERN_ACCESS_TOKEN is set, but no secret is read from a variable any more.',
      'Give the token by --access-token-file FILE, or - for stdin, and unset the variable.',
    );
  }
  if (CLIENT.some((name) => env[name])) return tokenOfVariables(context);
  const session = openSession({ ...context, settings: { ...settings, origin } });
  return { accessToken: (await session.token('sender')).accessToken, accessTokenFrom: 'provider' };
};

/** Variables that name the client, as earlier versions read them. The deployment workflow has no profile, and sets them. */
const CLIENT = [
  'POSTERN_IDP_ISSUER',
  'POSTERN_TOKEN_ENDPOINT',
  'POSTERN_CLIENT_ID',
  'POSTERN_CLIENT_JWK_FILE',
] as const;

const tokenOfVariables = async (context: Context): Promise<ScenarioToken> => {
  const { cwd, env } = context;
  const [issuer, tokenEndpoint, clientId, file] = CLIENT.map((name) => env[name]);
  if (!issuer || !tokenEndpoint || !clientId || !file) {
    const missing = CLIENT.filter((name) => !env[name]).join(', ');
    throw new CommandError('usage', `${missing} is not set.`, `Set all of ${CLIENT.join(', ')}, or sign in instead.`);
  }
  const { readPrivateKeyFile } = await import('../sign-in/private-key-file.ts');
  const { requestTokens } = await import('../sign-in/token-endpoint.ts');
  const client = { clientId, privateKey: readPrivateKeyFile(resolve(cwd, file)) };
  const scope = env.POSTERN_SCOPE || API_SCOPES.sender.join(' ');
  const outcome = await requestTokens(context, { issuer, tokenEndpoint }, client, {
    grant_type: 'client_credentials',
    scope,
  });
  if ('tokens' in outcome) return { accessToken: outcome.tokens.accessToken, accessTokenFrom: 'provider' };
  throw new CommandError('failed', outcome.refusal.message);
};
