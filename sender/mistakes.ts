import { Token } from 'aws-cdk-lib';
import { EXPIRES_IN_SECONDS, HEARTBEAT_SECONDS, MAX_RESOURCE_CHARS } from '../lambda/contract/limits.ts';
import { PROCESSOR_ID_PATTERN } from '../lambda/contract/registry.ts';
import { isExpression } from './jsonata.ts';
import { callbacksOf, type TaskRequestProps } from './task-request.ts';

/** Returns a sentence for each property that create-task would refuse, or that would let every task expire. */
export const mistakesOf = (props: TaskRequestProps): readonly string[] => {
  const { heartbeat, processor, resource } = props;
  const expiresIn = props.expiresIn.toSeconds();
  const { max, min } = EXPIRES_IN_SECONDS;
  return [
    ...(isKnown(processor) && !PROCESSOR_ID_PATTERN.test(processor)
      ? [`processor is "${processor}"; expected the id of a processor: 2 to 32 of a-z, 0-9 and -.`]
      : []),
    ...(isKnown(resource) && !isBetween([...resource].length, 1, MAX_RESOURCE_CHARS)
      ? [`resource has ${[...resource].length} characters; expected 1 to ${MAX_RESOURCE_CHARS}.`]
      : []),
    ...(isBetween(expiresIn, min, max)
      ? []
      : [`expiresIn is ${expiresIn} seconds; expected ${min} to ${max} seconds, and at most the processor's maximum.`]),
    ...(heartbeat === undefined ? [] : mistakesOfHeartbeat(heartbeat.toSeconds(), expiresIn, props)),
  ];
};

const mistakesOfHeartbeat = (heartbeat: number, expiresIn: number, props: TaskRequestProps): readonly string[] => [
  ...(isBetween(heartbeat, HEARTBEAT_SECONDS.min, expiresIn)
    ? []
    : [`heartbeat is ${heartbeat} seconds; expected ${HEARTBEAT_SECONDS.min} to ${expiresIn} seconds (expiresIn).`]),
  ...(callbacksOf(props)?.includes('progress')
    ? []
    : ['callbacks has no progress, so a task with a heartbeat would always expire. Add progress, or omit heartbeat.']),
];

/** True if the value is known at synth. */
const isKnown = (text: string): boolean => !isExpression(text) && !Token.isUnresolved(text);

const isBetween = (value: number, min: number, max: number): boolean => value >= min && value <= max;
