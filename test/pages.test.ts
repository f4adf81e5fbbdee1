import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { gradeOf, PROOF_NAMES, type ProofName } from '../lambda/contract/proofs.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const foldersOf = (folder: string) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

const pages = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** Sections of the processor's guide, by what they are about. */
const GUIDED: Readonly<Record<string, ProofName>> = {
  none: 'none',
  dpop: 'dpop',
  'http-message-signature': 'http_signature',
  'client-certificate': 'mtls',
  'standard-webhooks': 'standard_webhooks',
  'access-token': 'private_key_jwt',
  handshake: 'webhook',
};

/** As GitHub makes it from a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');

describe('a page', () => {
  it.each(pages)('%s: every link within the repository leads somewhere', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) return true;
      const anchors =
        anchor === undefined ? [] : [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => anchorOf(text));
      return anchor !== undefined && !anchors.includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(pages)('%s: imports from @postern/cdk what the package exports', (page) => {
    const imported = [...read(page).matchAll(/import (?:type )?\{([^}]+)\} from '@postern\/cdk'/g)].flatMap(
      ([, names = '']) => names.split(',').map((name) => name.trim().replace(/^type /, '')),
    );
    // The index exports every type of the settings.
    const exported = `${read('cdk/index.ts')}${read('cdk/settings.ts')}`;
    expect(imported.filter((name) => !new RegExp(`\\b${name}\\b`).test(exported))).toEqual([]);
  });

  it('docs/concepts/overview.md has every folder of the repository', () => {
    const folders = [...read('docs/concepts/overview.md').matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
    const isOurs = (name: string) => !/^(\..*|node_modules|cdk\.out|coverage|reports|docs|lambda)$/.test(name);
    const missing = [...foldersOf('').filter(isOurs), ...foldersOf('lambda').map((name) => `lambda/${name}`)].filter(
      (name) => !folders.includes(name),
    );
    expect(missing).toEqual([]);
  });

  it('docs/concepts/overview.md has every file of the contract', () => {
    const page = read('docs/concepts/overview.md');
    expect(readdirSync(join(ROOT, 'lambda/contract')).filter((file) => !page.includes(`\`${file}\``))).toEqual([]);
  });

  it('docs/process/guide.md has every proof, with the grades that its calls get', () => {
    const told = [...read('docs/process/guide.md').matchAll(/^\| \[[^\]]+\]\(#([a-z-]+)\) \|.*\| (.+) \|$/gm)].map(
      ([, section = '', grades = '']) => [section, grades] as const,
    );
    const grades = Object.entries(GUIDED).map(([section, proof]) => {
      const inHeader = gradeOf('header', proof);
      const inUrl = gradeOf('path', proof);
      return [section, inUrl === null ? inHeader : `${inHeader}, ${inUrl} in a URL`];
    });
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(grades));
    expect(new Set(Object.values(GUIDED))).toEqual(new Set(PROOF_NAMES));
  });

  it('docs/contributing/testing.md quotes lines of a test that exist', () => {
    const [, block = ''] = /^```ts\n(.*?)^```$/ms.exec(read('docs/contributing/testing.md')) ?? [];
    const test = read('test/lambda/functions/receive/receive-callback.test.ts');
    const quoted = block.trim().split('\n');
    expect(quoted.length).toBeGreaterThan(5);
    expect(quoted.filter((line) => !test.includes(line))).toEqual([]);
  });

  it.each(['setup', 'style', 'testing', 'recipes'])('docs/contributing/%s.md names files that exist', (name) => {
    const named = [
      ...read(`docs/contributing/${name}.md`).matchAll(/`((?:lib|lambda|docs|test|local|tools)\/[\w/.-]+)`/g),
    ];
    const files = named.map(([, file = '']) => file).filter((file) => !file.includes('NAME'));
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('docs/concepts/proofs-and-grades.md has the grade of each proof with each carrier', () => {
    const [, section = ''] = read('docs/concepts/proofs-and-grades.md').split(/^## Grades$/m);
    const rows = [...section.matchAll(/^\| `(\w+)` \| (\w?) ?\| (\w?) ?\| (\w?) ?\|$/gm)].map((row) => row.slice(1));
    const grades = PROOF_NAMES.map((proof) => [
      proof,
      ...(['header', 'short', 'path'] as const).map((carrier) => gradeOf(carrier, proof) ?? ''),
    ]);
    expect(rows.sort()).toEqual(grades.sort());
  });

  it.each(
    readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.svg'))
      .map((file) => join('docs', file)),
  )('%s has colours for readers who have it dark', (picture) => {
    const svg = read(picture);
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
    // A colour on an element would stay as it is.
    expect(svg.replace(/<style>[\s\S]*<\/style>/, '')).not.toMatch(/#[0-9a-f]{3,6}"/);
  });
});

describe('docs/reference/not-verified-on-aws.md', () => {
  const page = read('docs/reference/not-verified-on-aws.md');
  const [checklist = '', ...claims] = page
    .split(/^## /m)
    .slice(1)
    .map((section) => section.trim());
  const titleOf = (section: string) => section.split('\n')[0] ?? '';

  it('begins with the checklist of one deployment, which takes less than an hour', () => {
    expect(titleOf(checklist)).toBe('One deployment in under an hour');
    const steps = [...checklist.matchAll(/^\| (\d+) \| (\d+) \|/gm)].map((row) => row.slice(1).map(Number));
    expect(steps.map(([step]) => step)).toEqual(steps.map((_, i) => i + 1));
    expect(steps.reduce((sum, [, minutes = 0]) => sum + minutes, 0)).toBeLessThan(60);
  });

  it.each(claims.map((section) => [titleOf(section), section] as const))(
    '%s: has a claim, a command, what to expect, and what to do otherwise, in this order',
    (_, section) => {
      const parts = [...section.matchAll(/^\*\*([^*]+)\.\*\*(?: \S|$)/gm)].map(([, part]) => part);
      expect(parts).toEqual(['Claim', 'Command', 'Expect', 'If not']);
    },
  );

  it('has commands that a shell can read', () => {
    const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(10);
    for (const block of blocks) {
      const { stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
      expect(stderr, block).toBe('');
    }
  });

  it('names files that are there', () => {
    const files = [...page.matchAll(/`((?:lib|lambda|cost|docs|test)\/[\w/.-]+\.\w+)`/g)].map(([, file = '']) => file);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it.each(['README.md', 'docs/operate/deploying.md'])('is found from %s', (from) => {
    expect(read(from)).toMatch(/\]\([./a-z]*not-verified-on-aws\.md\)/);
  });
});

describe('decisions', () => {
  const decisions = readdirSync(join(ROOT, 'docs/decisions')).sort();

  it('are numbered one after the other', () => {
    expect(decisions.map((file) => Number(file.slice(0, 4)))).toEqual(decisions.map((_, i) => i + 1));
  });

  it.each(decisions)('%s has its number, a status, a context, a decision and consequences', (file) => {
    const page = read(join('docs/decisions', file));
    expect(page).toMatch(new RegExp(`^# ${Number(file.slice(0, 4))}\\. `));
    for (const part of ['Status', 'Context', 'Decision', 'Consequences']) expect(page).toContain(`**${part}`);
  });

  it.each(decisions)('%s is accepted, or superseded by a later decision that says so', (file) => {
    const number = Number(file.slice(0, 4));
    const [, status = ''] = /^\*\*Status\*\*: (.+)$/m.exec(read(join('docs/decisions', file))) ?? [];
    expect(status).toMatch(/^(accepted|superseded by \[decision \d+\])/);
    if (!/supersede[sd]/.test(status) || /^accepted\. Supersedes/.test(status)) return;
    const [, successor = ''] = /\((\d{4}-[\w-]+\.md)\)/.exec(status) ?? [];
    expect(Number(successor.slice(0, 4))).toBeGreaterThan(number);
    expect(read(join('docs/decisions', successor))).toMatch(new RegExp(`Supersedes .*\\[decision ${number}\\]`));
  });
});
