import { untilAborted } from '../../sdk/shared/platform.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../io.ts';
import type { PersonRequest } from './authorization-code.ts';
import type { Provider } from './discovery.ts';
import { audienceForm } from './renew-token.ts';
import { type IssuedTokens, postForm, refusalOf, requestTokens, type TokenOutcome } from './token-endpoint.ts';

type Surroundings = Pick<Context, 'fetch' | 'io' | 'now' | 'signal'>;

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Seconds between two questions if the provider names none, and by which it grows (RFC 8628 §3.2, §3.5). */
const INTERVAL = 5;

/**
 * A person signs in with a browser on any machine, and types a code there: the device flow (RFC 8628).
 * @param pause waits for a number of milliseconds
 * @throws {CommandError} `signIn`, if the person or the provider refuses; `unavailable`, if nobody comes in time
 */
export const signInWithDeviceCode = async (
  context: Surroundings,
  provider: Provider & { readonly deviceAuthorizationEndpoint: string },
  { audience, clientId, scope }: PersonRequest,
  pause: (milliseconds: number) => Promise<void> = (milliseconds) => waitFor(milliseconds, context.signal),
): Promise<IssuedTokens> => {
  const form = { scope, ...audienceForm(audience) };
  const request = 'The request for a device code';
  const { deviceAuthorizationEndpoint: endpoint, issuer } = provider;
  const answer = await postForm(context, request, endpoint, issuer, { clientId }, form);
  const refusal = refusalOf(answer, 'device_authorization_endpoint');
  if (refusal !== undefined) throw new CommandError('signIn', `The provider gave no device code. ${refusal.message}`);
  const device = readDevice(answer.json ?? {});
  context.io.note(`Open this page on any machine, and type the code ${device.userCode}:`);
  context.io.showAddress(device.verificationUri);

  const end = context.now() + device.expiresIn * 1_000;
  const ask = { grant_type: GRANT_TYPE, device_code: device.deviceCode, ...audienceForm(audience) };
  for (let interval = device.interval; context.now() < end; ) {
    await pause(interval * 1_000);
    const outcome = await askAgain(context, provider, clientId, ask, scope.split(' '));
    if (outcome === undefined) {
      // RFC 8628 §3.5: back off after a connection that failed.
      interval *= 2;
      continue;
    }
    if ('tokens' in outcome) return outcome.tokens;
    if (outcome.refusal.error === 'slow_down') interval += INTERVAL;
    else if (outcome.refusal.error !== 'authorization_pending') {
      throw new CommandError('signIn', `Nobody signed in. ${outcome.refusal.message}`);
    }
  }
  throw new CommandError('unavailable', 'Nobody signed in before the code expired.', 'Start again.');
};

const askAgain = async (
  context: Surroundings,
  provider: Provider,
  clientId: string,
  form: Readonly<Record<string, string>>,
  scopes: readonly string[],
): Promise<TokenOutcome | undefined> => {
  try {
    return await requestTokens(context, provider, { clientId }, form, scopes);
  } catch (error) {
    if (error instanceof CommandError && error.exit === 'unavailable') return undefined;
    throw error;
  }
};

const readDevice = (json: Readonly<Record<string, unknown>>) => {
  const { device_code: deviceCode, user_code: userCode, verification_uri: verificationUri } = json;
  if (typeof deviceCode !== 'string' || typeof userCode !== 'string' || typeof verificationUri !== 'string') {
    throw new CommandError(
      'failed',
      'The provider answered without a device code at its device_authorization_endpoint.',
    );
  }
  return {
    deviceCode,
    userCode: oneLine(userCode),
    verificationUri,
    expiresIn: positive(json.expires_in) ?? 600,
    interval: positive(json.interval) ?? INTERVAL,
  };
};

const positive = (value: unknown): number | undefined => (Number(value) > 0 ? Number(value) : undefined);

const waitFor = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    await untilAborted(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
      }),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
};
