import { readdirSync } from 'node:fs';
import { ROOT, readText } from './files.ts';
import type { GeneratedPage } from './page.ts';
import { REQUIREMENT_GROUPS, REQUIREMENTS, type Requirement } from './requirement-list.ts';
import { splitIds, titlesIn } from './test-titles.ts';

/** A test, or a group of tests, whose title begins with ids of requirements. */
export interface RequirementTest {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly ids: readonly string[];
  /** The titles of its groups and its own, without ids. */
  readonly text: string;
}

/** Returns the tests of a source that begin with ids. Inside a group with ids, a test without ids is not repeated. */
export const requirementTests = (file: string, source: string): readonly RequirementTest[] =>
  titlesIn(source).flatMap(({ groups, title }) => {
    const { ids, text } = splitIds(title);
    if (ids.length === 0) return [];
    return [{ file, ids, text: [...groups.map((group) => splitIds(group).text), text].join(' › ') }];
  });

/** Reads the tests that show requirements from all test files. */
export const readRequirementTests = (): readonly RequirementTest[] =>
  readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
    .flatMap((file) => requirementTests(`test/${file}`, readText(`test/${file}`)));

/** Returns the ids that no test shows. */
export const untestedIds = (tests: readonly RequirementTest[]): readonly string[] =>
  REQUIREMENTS.map(({ id }) => id).filter((id) => !tests.some(({ ids }) => ids.includes(id)));

/** Returns the tests whose title begins with an id that is not a requirement. */
export const testsOfUnknownIds = (tests: readonly RequirementTest[]): readonly RequirementTest[] =>
  tests.filter(({ ids }) => ids.some((id) => !REQUIREMENTS.some((requirement) => requirement.id === id)));

/** Keeps characters of titles that Markdown would interpret. */
const escapeMarkdown = (text: string): string => text.replaceAll(/[\\`*_<>|[\]#]/g, '\\$&').replaceAll('\n', ' ');

const testsOf = ({ id }: Requirement, tests: readonly RequirementTest[]): string => {
  const shown = tests.filter(({ ids }) => ids.includes(id));
  const files = [...new Set(shown.map(({ file }) => file))];
  return files
    .map((file) => {
      const titles = shown.filter((test) => test.file === file).map(({ text }) => `  - ${escapeMarkdown(text)}`);
      return `- [\`${file.slice('test/'.length)}\`](../../${file})\n${[...new Set(titles)].join('\n')}`;
    })
    .join('\n');
};

const section = (requirement: Requirement, tests: readonly RequirementTest[]): string => {
  const { id, sentence, sources } = requirement;
  const source = sources.length === 0 ? '' : `Source: ${sources.join(', ')}.\n\n`;
  return `### ${id}\n\n${sentence}\n\n${source}Tests:\n\n${testsOf(requirement, tests)}\n`;
};

const render = (): string => {
  const tests = readRequirementTests();
  const rows = REQUIREMENTS.map(({ id, sentence }) => `| [${id}](#${id.toLowerCase()}) | ${sentence} |`);
  const groups = REQUIREMENT_GROUPS.map(
    ({ requirements, title }) =>
      `## ${title}\n\n${requirements.map((requirement) => section(requirement, tests)).join('\n')}`,
  );
  return `# Requirements

Postern is tested against the requirements on this page. Each has an id, and the title of a test that shows it begins with this
id: \`C6 …\`. To find the tests of a requirement, look here or run \`grep -rn "C6 " test\`.

\`npm run docs\` writes this page from \`tools/docs/requirement-list.ts\` and the titles of the tests. A test fails if a requirement
has no test, and if a title begins with an unknown id.

Sources: the RFCs by their numbers, *8725bis* for the draft of the successor of RFC 8725 (\`draft-ietf-oauth-rfc8725bis\`), and
*ASVS* for the OWASP Application Security Verification Standard 5. A requirement without a source is one of Postern alone.

| id | requirement |
|---|---|
${rows.join('\n')}

${groups.join('\n')}`;
};

/** The page of requirements and their tests. */
export const REQUIREMENTS_PAGE: GeneratedPage = { path: 'docs/reference/requirements.md', render };
