import { parseArgs } from 'node:util';
import { tellDoor } from '../story/door.ts';
import { playStory } from '../story/story.ts';
import { createTeller } from '../story/teller.ts';
import { createWorld, type Setting } from '../story/world.ts';
import { accessTokenOf, MissingCredentials } from './credentials.ts';

const USAGE = `npm run smoke -- URL --processor ID [--content-type TYPE] [--short-processor ID] [--no-replay]`;

const HELP = `${USAGE}

Looks at a gateway that was deployed, from outside: first at its door (only with https), then it plays the story of a task. It
opens tasks, plays the processor, checks what must be refused, and closes what it opened.

  URL                   the gateway's origin, as https://callbacks.example.com
  --processor ID        a processor without a proof and without a JSON Schema; best one of its own
  --content-type TYPE   a content type that it may send (default application/json)
  --short-processor ID  a processor with short URLs, if there is one
  --no-replay           leaves out the replay, which raises the alarm ReplayDetected
  --help                prints this

It needs a sender's access token in POSTERN_ACCESS_TOKEN, or POSTERN_IDP_ISSUER, POSTERN_TOKEN_ENDPOINT, POSTERN_CLIENT_ID and
POSTERN_CLIENT_JWK_FILE to get one (and POSTERN_SCOPE, if the scopes have other names). NODE_EXTRA_CA_CERTS names a file with
the authority of a certificate that Node does not know.

Exit code 0: all went as told. 1: something did not; the last lines say what, and which request. 2: it could not begin.`;

class WrongUse extends Error {}

/**
 * `npm run smoke`: the story, told to a gateway that was deployed. Opens tasks, plays the processor, checks the refusals,
 * and closes what it opened. Exit 0 where all went as told, 1 where not, 2 where it could not begin.
 */
const main = async (): Promise<void> => {
  const { positionals, values } = readArguments();
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [url = '', ...others] = positionals;
  if (others.length > 0 || !isOrigin(url))
    throw new WrongUse(`"${positionals.join(' ')}" is no gateway's URL: ${USAGE}`);
  if (values.processor === undefined) throw new WrongUse(`Name a processor that shows no proof: ${USAGE}`);
  const { origin } = new URL(url);
  const tell = createTeller(console.log, process.stdout.isTTY === true);
  const setting: Setting = {
    origin,
    accessToken: await accessTokenOf(process.env),
    accessTokenFrom: process.env.POSTERN_ACCESS_TOKEN ? 'caller' : 'provider',
    processor: values.processor,
    contentType: values['content-type'],
    documentType: values['content-type'],
    ...(values['short-processor'] !== undefined && { shortProcessor: values['short-processor'] }),
    replay: values.replay,
    tell,
  };
  const world = createWorld(setting);
  const fail = (error: unknown): void => {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  };
  // What the door shows is of no matter to the story: one does not keep the other from being told.
  if (origin.startsWith('https:')) await tellDoor({ origin, tell }).catch(fail);
  await playStory(world).catch(fail);
  await world.cleanUp().catch(fail);
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
