import { parseArgs } from 'node:util';
import { decodeJwt } from 'jose';
import { requestAccessToken } from '../scenario/access-token.ts';
import { helpWhereAsked } from './help.ts';
import { clientNamed, providerClients, readReadyFile, readyFilePath } from './ready-file.ts';

/** Clients that get tokens here, and the scopes that each usually needs. */
const DEFAULT_SCOPES = {
  sender: 'task_read task_write',
  orders: 'task_read task_write',
  small: 'task_read task_write',
  stranger: 'task_read task_write',
  operator: 'operator_read operator_write',
  acting: 'operator_read operator_write',
  viewer: 'operator_read',
  processor: 'result_write failure_write progress_write upload_write',
} as const;

const HELP = `npm run -s token [-- [--as CLIENT] [--scope "SCOPE …"]]

Prints an access token, for the gateway that "npm start" runs.

  --as     ${Object.keys(DEFAULT_SCOPES).join(', ')},
           or the client id of an application or processor of the environment (default sender)
  --scope  scopes, with a blank between them (default "${DEFAULT_SCOPES.sender}" for a sender)
  --help   prints this

The environment variables POSTERN_DATA and POSTERN_READY_FILE must be those of "npm start".`;

/** Prints an access token of a client of the running gateway. */
const main = async (): Promise<void> => {
  helpWhereAsked(HELP);
  const { values } = parseArgs({ options: { as: { type: 'string', default: 'sender' }, scope: { type: 'string' } } });
  const { idp, clients } = readReadyFile(readyFilePath(process.env));
  const client = clientNamed(clients, values.as);
  if (client === undefined) {
    throw new Error(`--as is "${values.as}"; expected one of ${Object.keys(providerClients(clients)).join(', ')}.`);
  }
  const scope = values.scope ?? client.scope ?? scopeOf(values.as);
  let token: string;
  try {
    token = await requestAccessToken(idp, client, scope);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`The OpenID provider at ${idp.issuer} does not answer: start the gateway with "npm start".`);
  }
  const granted = String(decodeJwt(token).scope ?? '').split(' ');
  const missing = scope.split(' ').filter((name) => name !== '' && !granted.includes(name));
  if (missing.length > 0) throw new Error(`The OpenID provider does not grant ${missing.join(', ')}.`);
  console.log(token);
};

const scopeOf = (name: string): string =>
  new Map<string, string>(Object.entries(DEFAULT_SCOPES)).get(name) ?? DEFAULT_SCOPES.sender;

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
