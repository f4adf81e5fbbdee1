import { describe, expect, it } from 'vitest';
import { notesOf } from '../../../cli/env/show.ts';

describe('postern env show', () => {
  it('says what the network door does not have', () => {
    const [note, ...more] = notesOf({ ingress: { kind: 'network', certificateSecretName: 'postern/prod/door' } });
    expect(note).toContain('no AWS WAF');
    expect(more).toEqual([]);
  });

  it.each([{ ingress: { kind: 'application' } }, {}])('has no note about %j', (settings) => {
    expect(notesOf(settings)).toEqual([]);
  });
});
