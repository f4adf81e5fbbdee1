import { parseArgs } from 'node:util';
import { decodeJwt } from 'jose';
import { requestAccessToken } from '../scenario/access-token.ts';
import { helpWhereAsked } from './help.ts';
import { readReadyFile, readyFilePath } from './ready-file.ts';

const DEFAULT_SCOPE = 'task_read task_write';

const HELP = `npm run -s token [-- --scope "SCOPE …"]

Prints an access token of the sender, for the gateway that "npm start" runs.

  --scope  scopes, with a blank between them (default "${DEFAULT_SCOPE}")
  --help   prints this

The environment variables POSTERN_DATA and POSTERN_READY_FILE must be those of "npm start".`;

/** Prints an access token of the running gateway's sender. */
const main = async (): Promise<void> => {
  helpWhereAsked(HELP);
  const { values } = parseArgs({ options: { scope: { type: 'string', default: DEFAULT_SCOPE } } });
  const { idp, clients } = readReadyFile(readyFilePath(process.env));
  let token: string;
  try {
    token = await requestAccessToken(idp, clients.sender, values.scope);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`The OpenID provider at ${idp.issuer} does not answer: start the gateway with "npm start".`);
  }
  const granted = String(decodeJwt(token).scope ?? '').split(' ');
  const missing = values.scope.split(' ').filter((scope) => scope !== '' && !granted.includes(scope));
  if (missing.length > 0) throw new Error(`The OpenID provider does not grant ${missing.join(', ')}.`);
  console.log(token);
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
