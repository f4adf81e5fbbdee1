import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DOOR_LIMITS } from '../../../lambda/contract/door-limits.ts';

const page = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../docs/${path}`, import.meta.url)), 'utf8').replaceAll(/\s+/g, ' ');

it('the page of the network door says what one address may hold', () => {
  const { bodyBytes, connections, connectionsPerAddress, requests, requestsPerAddress } = DOOR_LIMITS;
  expect([requests, requestsPerAddress, bodyBytes]).toEqual([96, 24, 1_048_576]);
  expect([connections, connectionsPerAddress]).toEqual([4_096, 512]);
  expect(page('operate/network-door.md')).toContain(
    'in each task 24 calls, 24 MiB of bodies and answers, and 512 connections',
  );
  // 24 of 96, and 512 of 4,096.
  expect(page('operate/runbook.md')).toContain(
    'at most a quarter of the places and of the memory, and an eighth of the',
  );
});
