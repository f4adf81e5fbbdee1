import type { Gateway } from './gateway.ts';
import { tellGarbage } from './story/garbage.ts';
import { tellLargeResults } from './story/large-results.ts';
import { tellLateDelivery } from './story/late-delivery.ts';
import { tellMainLine } from './story/main-line.ts';
import { tellShortUrl } from './story/short-url.ts';
import { createWorld } from './story/world.ts';
import { createTeller, type Teller } from './story-teller.ts';

const CHAPTERS = [tellMainLine, tellShortUrl, tellLargeResults, tellLateDelivery, tellGarbage];

/**
 * Plays the story against the running gateway, from outside, and tells what happens at each layer.
 * @throws {StoryError} at the first step that does not go as told.
 */
export const playStory = async (
  gateway: Gateway,
  tell: Teller = createTeller(console.log, process.stdout.isTTY === true),
): Promise<void> => {
  const began = performance.now();
  tell.title('The story of one callback');
  const world = await createWorld(gateway, tell);
  for (const tellChapter of CHAPTERS) await tellChapter(world);
  tell.line('');
  tell.line(`All of it went as told, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
};
