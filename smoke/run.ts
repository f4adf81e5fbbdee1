import { parseArgs } from 'node:util';
import { createScenarioContext, type ScenarioSettings } from '../scenario/context.ts';
import { checkIngress } from '../scenario/ingress.ts';
import { createReporter } from '../scenario/reporter.ts';
import { runScenario } from '../scenario/run-scenario.ts';
import { accessTokenOf, MissingCredentials } from './credentials.ts';

const USAGE = `npm run smoke -- URL --processor ID [--content-type TYPE] [--short-processor ID] [--no-replay]`;

const HELP = `${USAGE}

Checks a deployed gateway from outside. First it checks the ingress (only with https), then it plays the scenario of one callback:
it opens tasks, delivers results as a processor, checks the refusals, and closes the tasks that it opened.

  URL                   the gateway's origin, for example https://callbacks.example.com
  --processor ID        a processor without proof and JSON Schema, preferably one that only this test uses
  --content-type TYPE   a content type that it may send (default application/json)
  --short-processor ID  a processor with short URLs, if the environment has one
  --no-replay           omits the replay, which raises the alarm ReplayDetected
  --help                prints this text

It needs a sender's access token in POSTERN_ACCESS_TOKEN, or POSTERN_IDP_ISSUER, POSTERN_TOKEN_ENDPOINT, POSTERN_CLIENT_ID and
POSTERN_CLIENT_JWK_FILE to get one (and POSTERN_SCOPE, if the scopes have other names). NODE_EXTRA_CA_CERTS names a file with
a certificate authority that Node does not know.

Exit code 0: everything went as expected. 1: a check failed; the last lines name it and the request. 2: it could not begin.`;

class WrongUse extends Error {}

/**
 * `npm run smoke`: checks a deployed gateway with the scenario of one callback, and closes the tasks that it opened. Exit code
 * 0 if everything went as expected, 1 if not, 2 if it could not begin.
 */
const main = async (): Promise<void> => {
  const { positionals, values } = readArguments();
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [url = '', ...others] = positionals;
  if (others.length > 0 || !isOrigin(url))
    throw new WrongUse(`"${positionals.join(' ')}" is not the origin of a gateway: ${USAGE}`);
  if (values.processor === undefined) throw new WrongUse(`Name a processor without proof: ${USAGE}`);
  const { origin } = new URL(url);
  const report = createReporter(console.log, process.stdout.isTTY === true);
  const settings: ScenarioSettings = {
    origin,
    accessToken: await accessTokenOf(process.env),
    accessTokenFrom: process.env.POSTERN_ACCESS_TOKEN ? 'caller' : 'provider',
    processor: values.processor,
    contentType: values['content-type'],
    documentType: values['content-type'],
    ...(values['short-processor'] !== undefined && { shortProcessor: values['short-processor'] }),
    replay: values.replay,
    report,
  };
  const context = createScenarioContext(settings);
  const fail = (error: unknown): void => {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  };
  // A failed check of the ingress does not stop the scenario.
  if (origin.startsWith('https:')) await checkIngress({ origin, report }).catch(fail);
  await runScenario(context).catch(fail);
  await context.cleanUp().catch(fail);
};

const isOrigin = (url: string): boolean =>
  URL.canParse(url) &&
  /^https?:$/.test(new URL(url).protocol) &&
  ['', '/'].includes(url.slice(new URL(url).origin.length));

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      allowNegative: true,
      options: {
        processor: { type: 'string' },
        'content-type': { type: 'string', default: 'application/json' },
        'short-processor': { type: 'string' },
        replay: { type: 'boolean', default: true },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new WrongUse(`${error instanceof Error ? error.message : error}: ${USAGE}`);
  }
};

await main().catch((error: unknown) => {
  const isTheirs = error instanceof WrongUse || error instanceof MissingCredentials;
  console.error(isTheirs ? error.message : `It could not begin: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
});
