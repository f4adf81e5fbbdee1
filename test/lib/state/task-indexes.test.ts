import { describe, expect, it } from 'vitest';
import { InvalidContext } from '../../../lib/config/errors.ts';
import { END_INDEXES, indexesNamed } from '../../../lib/state/task-indexes.ts';

describe('the indexes of the tasks table in a step of an upgrade', () => {
  it('are those that the context value names, in its order', () => {
    const names = 'byCreation,byDeadline,byResource,ofApplication';
    expect(indexesNamed(names).map(({ name }) => name)).toEqual(names.split(','));
  });

  it('have the definitions of the end state', () => {
    expect(indexesNamed(END_INDEXES.map(({ name }) => name).join(','))).toEqual(END_INDEXES);
  });

  it.each(['', '1', 'byResource,', 'byresource', 'byResource,byOwner,byResource'])('are refused: %j', (text) => {
    expect(() => indexesNamed(text)).toThrow(InvalidContext);
  });
});
