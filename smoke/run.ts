import { parseArgs } from 'node:util';
import { playStory } from '../story/story.ts';
import { createTeller } from '../story/teller.ts';
import { createWorld, type Setting } from '../story/world.ts';
import { accessTokenOf, MissingCredentials } from './credentials.ts';

const USAGE = `npm run smoke -- URL --processor ID [--content-type TYPE] [--short-processor ID] [--no-replay]`;

class WrongUse extends Error {}

/**
 * `npm run smoke`: the story, told to a gateway that was deployed. Opens tasks, plays the processor, checks the refusals,
 * and closes what it opened. Exit 0 where all went as told, 1 where not, 2 where it could not begin.
 */
const main = async (): Promise<void> => {
  const { positionals, values } = readArguments();
  const [url = '', ...others] = positionals;
  if (others.length > 0 || !isOrigin(url))
    throw new WrongUse(`"${positionals.join(' ')}" is no gateway's URL: ${USAGE}`);
  if (values.processor === undefined) throw new WrongUse(`Name a processor that shows no proof: ${USAGE}`);
  const setting: Setting = {
    origin: new URL(url).origin,
    accessToken: await accessTokenOf(process.env),
    processor: values.processor,
    contentType: values['content-type'],
    documentType: values['content-type'],
    ...(values['short-processor'] !== undefined && { shortProcessor: values['short-processor'] }),
    replay: values.replay,
    tell: createTeller(console.log, process.stdout.isTTY === true),
  };
  const world = createWorld(setting);
  try {
    await playStory(world);
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    await world.cleanUp();
  }
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
