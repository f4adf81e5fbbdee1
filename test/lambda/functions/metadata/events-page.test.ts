import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  DETAIL_TYPE_NAMES,
  EVENT_DESCRIPTIONS,
  eventExample,
  eventSchema,
} from '../../../../lambda/functions/metadata/openapi/event-schemas.ts';
import { checkEvent } from '../../../support/event-schemas.ts';

const DOCS = fileURLToPath(new URL('../../../../docs/', import.meta.url));
const PAGE = readFileSync(`${DOCS}events.md`, 'utf8');

const fileOf = (detailType: string) => detailType.toLowerCase().replaceAll(' ', '-');
const asFile = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

test.each(DETAIL_TYPE_NAMES)(
  'docs/reference/events has the JSON Schema of %s and an example that satisfies it',
  async (detailType) => {
    checkEvent(eventExample(detailType));
    const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...eventSchema(detailType) };
    await expect(asFile(schema)).toMatchFileSnapshot(`../../../docs/events/${fileOf(detailType)}.schema.json`);
    await expect(asFile(eventExample(detailType))).toMatchFileSnapshot(
      `../../../docs/events/${fileOf(detailType)}.example.json`,
    );
  },
);

test('docs/reference/events has files of these events alone', () => {
  const expected = DETAIL_TYPE_NAMES.flatMap((name) => [`${fileOf(name)}.example.json`, `${fileOf(name)}.schema.json`]);
  expect(readdirSync(`${DOCS}events`).sort()).toEqual(expected.sort());
});

test('docs/reference/events.md lists each event with what makes Postern publish it', () => {
  const rows = DETAIL_TYPE_NAMES.map(
    (name) =>
      `| \`${name}\` | ${EVENT_DESCRIPTIONS[name].when} | [schema](events/${fileOf(name)}.schema.json) | [example](events/${fileOf(name)}.example.json) |`,
  );
  expect(PAGE.slice(PAGE.indexOf('| detail type |')).trimEnd().split('\n').slice(2)).toEqual(rows);
});

test('docs/reference/events.md shows one pattern in both of its forms', () => {
  const [, json = ''] = /```json\n(.*?)```/s.exec(PAGE) ?? [];
  const pattern = JSON.parse(json) as { readonly 'detail-type': readonly string[] };
  const [, types = ''] = /detailType: \[(.*?)\]/.exec(PAGE) ?? [];
  expect(types.split(', ').map((each) => each.replaceAll("'", ''))).toEqual(pattern['detail-type']);
  for (const type of pattern['detail-type']) expect(DETAIL_TYPE_NAMES).toContain(type);
});
