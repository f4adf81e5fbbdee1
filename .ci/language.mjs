#!/usr/bin/env node
/**
 * Keeps the language plain: `node .ci/language.mjs [PATH…]` measures comments, pages and test titles, and exits with 1 when a
 * figure is above its limit. With `--list` it prints each finding. docs/contributing/style.md explains how to write instead.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LIMITS = {
  /** Percent of comments that may begin with a word of `OPENERS`. */
  indirectOpenings: 5,
  /** Words of `INDIRECT` for each 1,000 words of comments and pages. */
  indirectWords: 1.5,
  /** Characters of one title. */
  titleCharacters: 90,
};

/** First words that put a clause where a subject or a verb should be. */
const OPENERS =
  /^(what|whether|how|of|as|by|that|where|who|whom|whose|which|why|whatever|whoever|whichever|wherever|however)\b/i;

/** Words that hide who does something, and phrases that the project used in the place of a plain verb. */
const INDIRECT = new RegExp(
  `\\b(${[
    'whoever|whomever|whatever|whichever|nobody|somebody|someone|anybody|everybody',
    '(?:is|are|has|have|was|were|be) none|so many|so much|of (?:its|his|her|their|our|your|a) own',
    'told|tells? (?:apart|of)|hears? of|heed(?:s|ed)?|reckon(?:s|ed)?|as far as|all that|lest',
    'stands? there|stands? in|held against|holds? .{0,30} against|la(?:id|ys?) aside|taken back|leaves? away|brought along',
  ].join('|')})\\b`,
  'gi',
);

const TITLE =
  /(?:\b(?:it|test|describe)(?:\.\w+)*|\))\(\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`)/g;

/**
 * Comments of a source file: a block, or line comments that follow each other. Text after the first `@` tag is left out of
 * the opening, not of the words.
 * @returns {readonly { readonly line: number; readonly text: string }[]}
 */
export const commentsOf = (source) => {
  const comments = [];
  let open;
  let inBlock = false;
  for (const [index, raw] of source.split('\n').entries()) {
    const line = raw.trim();
    const add = (text) => {
      if (open === undefined) {
        open = { line: index + 1, text: '' };
        comments.push(open);
      }
      open.text = `${open.text} ${text}`.trim();
    };
    if (inBlock || line.startsWith('/*')) {
      if (!inBlock) open = undefined;
      add(
        line
          .replace(/^\/\*+|\*+\/$/g, '')
          .replace(/^\s*\*(?!\/)/, '')
          .trim(),
      );
      inBlock = !line.endsWith('*/');
      if (!inBlock) open = undefined;
    } else if (/^(\/\/|#(?!!))/.test(line)) add(line.replace(/^(\/\/|#)\s*/, ''));
    else open = undefined;
  }
  return comments.filter(
    ({ text }) => /[a-z]{2}/i.test(text) && !/^(biome-ignore|@ts-|eslint|shellcheck|region)/.test(text),
  );
};

/** A page without code, links' targets and HTML. */
export const wordsOfPage = (page) =>
  page
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/<[^>]+>/g, '');

export const isIndirectOpening = (comment) => OPENERS.test(comment.replace(/^[`"'“(]+/, ''));
export const indirectWordsOf = (text) => [...text.replace(/`[^`\n]*`/g, '').matchAll(INDIRECT)].map(([word]) => word);
export const titlesOf = (source) => [...source.matchAll(TITLE)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
const count = (text) => text.match(/[\p{L}\p{N}’'-]+/gu)?.length ?? 0;

const main = (parameters) => {
  const isListed = parameters.includes('--list');
  const paths = parameters.filter((parameter) => !parameter.startsWith('--'));
  const files = execFileSync('git', ['ls-files', '--', ...paths], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const found = [];
  const sum = { comments: 0, openings: 0, words: 0, indirect: 0, titles: 0 };
  const measureWords = (where, text) => {
    sum.words += count(text);
    const words = indirectWordsOf(text);
    sum.indirect += words.length;
    if (words.length > 0) found.push(`${where}: ${words.join(', ')}`);
  };
  for (const file of files) {
    if (/(^|\/)(node_modules|vectors|released|package-lock)/.test(file)) continue;
    if (file.endsWith('.md')) measureWords(file, wordsOfPage(readFileSync(file, 'utf8')));
    if (!/\.(ts|mjs|cjs|ya?ml|sh)$|^\.ci\/[\w-]+$/.test(file) || file === '.ci/language.mjs') continue;
    const source = readFileSync(file, 'utf8');
    for (const { line, text } of commentsOf(source)) {
      sum.comments += 1;
      measureWords(`${file}:${line}`, text);
      if (!isIndirectOpening(text)) continue;
      sum.openings += 1;
      found.push(`${file}:${line}: opens with “${text.slice(0, 60)}”`);
    }
    if (!file.endsWith('.test.ts')) continue;
    for (const title of titlesOf(source).filter(({ length }) => length > LIMITS.titleCharacters)) {
      sum.titles += 1;
      found.push(`${file}: ${title.length} characters: “${title}”`);
    }
  }
  const openings = (100 * sum.openings) / Math.max(1, sum.comments);
  const words = (1_000 * sum.indirect) / Math.max(1, sum.words);
  const isOver = openings > LIMITS.indirectOpenings || words > LIMITS.indirectWords || sum.titles > 0;
  if (isListed || isOver) for (const line of found) console.log(line);
  console.log(
    `${sum.comments} comments, ${openings.toFixed(1)} % open indirectly (at most ${LIMITS.indirectOpenings} %)\n` +
      `${sum.words} words of comments and pages, ${words.toFixed(2)} indirect per 1,000 (at most ${LIMITS.indirectWords})\n` +
      `${sum.titles} test titles over ${LIMITS.titleCharacters} characters (none allowed)`,
  );
  if (isOver) console.error('Rewrite what is listed above as docs/contributing/style.md shows.');
  return isOver ? 1 : 0;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main(process.argv.slice(2));
