import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DETAIL_TYPE_NAMES, eventExample } from '../../../lambda/functions/metadata/openapi/event-schemas.ts';
import { EVENT_PAGES } from '../../../tools/docs/events.ts';
import { ROOT, readText } from '../../../tools/docs/files.ts';
import { checkEvent } from '../../support/event-schemas.ts';

const PAGE = readText('docs/reference/events.md');

test.each(DETAIL_TYPE_NAMES)('the example of %s satisfies its schema', (detailType) => {
  checkEvent(eventExample(detailType));
});

test('docs/reference/events has no files except those that are generated', () => {
  const generated = EVENT_PAGES.map(({ path }) => path).filter((path) => path.startsWith('docs/reference/events/'));
  const files = readdirSync(`${ROOT}docs/reference/events`).map((file) => `docs/reference/events/${file}`);
  expect(generated).toHaveLength(2 * DETAIL_TYPE_NAMES.length);
  expect(files.sort()).toEqual(generated.sort());
});

test('docs/reference/events.md shows the same pattern in both forms', () => {
  const [, json = ''] = /```json\n(.*?)```/s.exec(PAGE) ?? [];
  const pattern = JSON.parse(json) as { readonly 'detail-type': readonly string[] };
  const [, types = ''] = /detailType: \[(.*?)\]/.exec(PAGE) ?? [];
  expect(types.split(', ').map((each) => each.replaceAll("'", ''))).toEqual(pattern['detail-type']);
  for (const type of pattern['detail-type']) expect(DETAIL_TYPE_NAMES).toContain(type);
});
