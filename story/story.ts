import { tellGarbage } from './garbage.ts';
import { tellLargeResults } from './large-results.ts';
import { tellLateDelivery } from './late-delivery.ts';
import { tellMainLine } from './main-line.ts';
import { tellShortUrl } from './short-url.ts';
import { StoryError } from './teller.ts';
import type { World } from './world.ts';

const CHAPTERS = [tellMainLine, tellShortUrl, tellLargeResults, tellLateDelivery, tellGarbage];

/**
 * Plays the story against a running gateway, from outside, and tells what happens at each layer.
 * @throws {StoryError} at the first step that does not go as told.
 */
export const playStory = async (world: World): Promise<void> => {
  const { tell } = world;
  const began = performance.now();
  tell.title('The story of one callback');
  try {
    for (const tellChapter of CHAPTERS) await tellChapter(world);
  } catch (error) {
    const last = world.lastRequest();
    if (!(error instanceof StoryError) || last === undefined) throw error;
    throw new StoryError(`${error.message}\nThe last request was ${last}.`, { cause: error });
  }
  tell.line('');
  tell.line(`All of it went as told, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
};
