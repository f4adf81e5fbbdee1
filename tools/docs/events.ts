import type { DetailType } from '../../lambda/contract/events.ts';
import {
  DETAIL_TYPE_NAMES,
  EVENT_DESCRIPTIONS,
  eventExample,
  eventSchema,
} from '../../lambda/functions/metadata/openapi/event-schemas.ts';
import { readText, replacePart } from './files.ts';
import type { GeneratedPage } from './page.ts';

const FOLDER = 'docs/reference/events';
const PAGE = 'docs/reference/events.md';

/** `Task Opened` as the beginning of a file name: `task-opened`. */
const fileNameOf = (detailType: DetailType): string => detailType.toLowerCase().replaceAll(' ', '-');

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const filesOf = (detailType: DetailType): readonly GeneratedPage[] => [
  {
    path: `${FOLDER}/${fileNameOf(detailType)}.schema.json`,
    render: () => asJson({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...eventSchema(detailType) }),
  },
  { path: `${FOLDER}/${fileNameOf(detailType)}.example.json`, render: () => asJson(eventExample(detailType)) },
];

const table = (): string => {
  const rows = DETAIL_TYPE_NAMES.map((name) => {
    const file = `events/${fileNameOf(name)}`;
    const links = `[schema](${file}.schema.json) | [example](${file}.example.json)`;
    return `| \`${name}\` | ${EVENT_DESCRIPTIONS[name].when} | ${links} |`;
  });
  return ['| detail type | published when | schema | example |', '|---|---|---|---|', ...rows].join('\n');
};

/** The table of events, and a JSON Schema and an example of each. */
export const EVENT_PAGES: readonly GeneratedPage[] = [
  { path: PAGE, render: () => replacePart(readText(PAGE), 'events', table()) },
  ...DETAIL_TYPE_NAMES.flatMap(filesOf),
];
