import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { JWK } from 'jose';
import type { LocalProcessor } from '../lib/config/local-settings.ts';
import { requestAccessToken } from '../scenario/access-token.ts';
import { helpWhereAsked } from './help.ts';
import { clientNamed, dataFolderPath, type ReadyFile, readReadyFile, readyFilePath } from './ready-file.ts';
import { webhookOrigin } from './webhook-origin.ts';

const HELP = `npm run -s open -- PROCESSOR

Opens a task at the gateway that "npm start" runs, and prints what its processor is given, as variables of a shell:

  eval "$(npm run -s open -- header-ocr)"

  TASK                            id of the task
  RESULT_URL, RESULT_TOKEN        a callback URL and its token; also FAILURE_, PROGRESS_ and UPLOAD_
                                  (a processor that is given a URL only has no token)
  CALLBACK_URL, CALLBACK_TOKEN    those of the result, as the processor's guide calls them
  PAYLOAD                         a file with a result to deliver
  KEY, KEY_ID, WEBHOOK_SECRET, CLIENT_ID, ISSUER, TOKEN_ENDPOINT, CONFIRM_URL, CONFIRM_PORT, WORK
                                  what the processor proves itself with, where it has a proof

  --help                          prints this

The environment variables POSTERN_DATA, POSTERN_READY_FILE and POSTERN_WEBHOOK_ORIGIN must be those of "npm start".`;

const EXPIRES_IN_SECONDS = 3_600;
const CAPABILITIES = ['result', 'failure', 'progress', 'upload'] as const;

interface Opened {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, { readonly url: string; readonly token?: string }>>;
}

/** `npm run open`: a task of the running gateway, and what its processor knows. */
const main = async (): Promise<void> => {
  helpWhereAsked(HELP);
  const { positionals } = parseArgs({ allowPositionals: true });
  const ready = readReadyFile(readyFilePath(process.env));
  const [processor, ...others] = positionals;
  if (processor === undefined || others.length > 0 || !ready.processors.includes(processor)) {
    const given = positionals.join(' ') || 'missing';
    throw new Error(`The processor is ${given}; expected one of ${ready.processors.join(', ')}.`);
  }
  const variables = {
    ...variablesOf(await openTask(ready, processor)),
    ...secretsOf(settingsOf(processor, ready), ready),
  };
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
};

/** A task with every capability that the processor can be given: one with a JSON Schema has no uploads. */
const openTask = async (ready: ReadyFile, processor: string): Promise<Opened> => {
  const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_write');
  const ask = (callbacks: readonly string[]) =>
    fetch(`${ready.gateway}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        processor,
        resource: 'invoice-77',
        expiresIn: EXPIRES_IN_SECONDS,
        callbacks,
        // Otherwise Postern sends the work, and the answer has no URLs.
        ...(isDispatched(processor, ready) && { dispatch: false }),
      }),
    });
  let answer = await ask(CAPABILITIES);
  if (answer.status === 400) answer = await ask(CAPABILITIES.filter((capability) => capability !== 'upload'));
  if (answer.status !== 201) throw new Error(`The gateway answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Opened;
};

const variablesOf = ({ callbacks, taskId }: Opened): Readonly<Record<string, string>> => {
  const named = Object.entries(callbacks).flatMap(([capability, { token, url }]) => [
    [`${capability.toUpperCase()}_URL`, url],
    ...(token === undefined ? [] : [[`${capability.toUpperCase()}_TOKEN`, token]]),
  ]);
  const { result } = callbacks;
  return {
    TASK: taskId,
    ...Object.fromEntries(named),
    CALLBACK_URL: result?.url ?? '',
    ...(result?.token !== undefined && { CALLBACK_TOKEN: result.token }),
    PAYLOAD: write('payload.json', '{"text":"Total 42.00"}'),
  };
};

/** What the processor proves itself with. */
type ProofSettings = Pick<LocalProcessor, 'proof' | 'clientId' | 'confirmUrl'>;

/** Proofs of the processors of `local`, whose ready file has no settings. */
const LOCAL_PROOFS: Readonly<Record<string, LocalProcessor['proof']>> = {
  'dpop-ocr': 'dpop',
  'signed-ocr': 'http_signature',
  'standard-ocr': 'standard_webhooks',
  'idp-ocr': 'private_key_jwt',
  'webhook-ocr': 'webhook',
};

/** The processor of `local` that gets its work from Postern. */
const SENT = 'sent-ocr';

const isDispatched = (processor: string, { processorSettings }: ReadyFile): boolean =>
  processorSettings === undefined ? processor === SENT : processorSettings[processor]?.isDispatched === true;

const settingsOf = (processor: string, { processorSettings }: ReadyFile): ProofSettings =>
  processorSettings?.[processor] ?? { proof: LOCAL_PROOFS[processor] ?? 'none' };

/** Secrets for a processor's proof, beside the token, by the names in the processor's guide. */
const secretsOf = (
  { clientId, confirmUrl, proof }: ProofSettings,
  { clients, idp }: ReadyFile,
): Readonly<Record<string, string>> => {
  switch (proof) {
    case 'dpop':
      return { KEY: asPem('dpop', clients.dpop.privateJwk) };
    case 'http_signature':
      return { KEY: asPem('signed', clients.signed.privateJwk), KEY_ID: clients.signed.privateJwk.kid ?? '' };
    case 'standard_webhooks':
      return { WEBHOOK_SECRET: clients.standard.secret };
    case 'private_key_jwt': {
      const client = (clientId && clientNamed(clients, clientId)) || clients.processor;
      return {
        KEY: asPem('client', client.privateJwk),
        CLIENT_ID: client.clientId,
        ISSUER: idp.issuer,
        TOKEN_ENDPOINT: idp.tokenEndpoint,
      };
    }
    case 'webhook': {
      const origin = webhookOrigin(process.env);
      const isWhole = confirmUrl !== undefined && new URL(confirmUrl).origin !== confirmUrl;
      const url = isWhole ? confirmUrl : `${origin}/confirm`;
      return { CONFIRM_URL: url, CONFIRM_PORT: new URL(url).port, WORK: folder() };
    }
    default:
      return {};
  }
};

const folder = (): string => {
  const path = join(dataFolderPath(process.env), 'processor');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
};

/** A file of the processor, for its owner alone. */
const write = (name: string, text: string | Buffer): string => {
  const path = join(folder(), name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

const asPem = (name: string, jwk: JWK): string =>
  write(
    `${name}.pem`,
    createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'sec1', format: 'pem' }),
  );

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
