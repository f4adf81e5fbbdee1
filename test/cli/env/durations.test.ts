import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { durationInWords, isoDuration } from '../../../cli/env/durations.ts';

const DURATIONS = [
  [Duration.seconds(0), '0 seconds'],
  [Duration.seconds(1), '1 second'],
  [Duration.minutes(90), '1 hour 30 minutes'],
  [Duration.hours(48), '2 days'],
  [Duration.days(365), '365 days'],
  [Duration.seconds(90_061), '1 day 1 hour 1 minute 1 second'],
  [Duration.millis(1_500), '1.5 seconds'],
] as const;

describe('a duration of an environment', () => {
  it.for(DURATIONS)('%s has the form of ISO 8601 that the CDK gives it', ([duration]) => {
    expect(isoDuration(duration.toMilliseconds() / 1_000)).toBe(duration.toIsoString());
  });

  it.for(DURATIONS)('%s has words for people', ([duration, words]) => {
    expect(durationInWords(duration.toMilliseconds() / 1_000)).toBe(words);
  });
});
