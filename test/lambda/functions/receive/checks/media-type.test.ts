import { expect, test } from 'vitest';
import { readMediaType } from '../../../../../lambda/functions/receive/checks/media-type.ts';

test('the media type of a delivery is kept as sent, without the spaces around it', () => {
  expect(readMediaType([' Text/Plain ; charset="UTF-8"\t'])).toEqual({
    sent: 'Text/Plain ; charset="UTF-8"',
    essence: 'text/plain',
    normalized: 'text/plain;charset="utf-8"',
  });
});

test.each([
  ['no line', []],
  ['an empty line', ['']],
  ['a blank line', [' \t']],
])('%s is application/octet-stream', (_name, lines) => {
  expect(readMediaType(lines)?.sent).toBe('application/octet-stream');
});

test.each([
  ['a tab in a parameter', 'text/plain;a=\tb', 'text/plain'],
  ['every character of a token', "!#$%&'*+.^_`|~0aZ-/!#$%&'*+.^_`|~0aZ-", "!#$%&'*+.^_`|~0az-/!#$%&'*+.^_`|~0az-"],
  ['a tab before the parameters', 'text/plain\t;a=b', 'text/plain'],
  ['several spaces before the parameters', 'text/plain  ;a=b', 'text/plain'],
  ['parameters without a value', 'text/plain;', 'text/plain'],
  ['the longest line', `text/plain;${'a'.repeat(244)}`, 'text/plain'],
])('reads %s', (_name, line, essence) => {
  expect(readMediaType([line])).toMatchObject({ sent: line, essence });
});

test.each([
  ['two lines', ['text/plain', 'text/plain']],
  ['no subtype', ['text']],
  ['an empty subtype', ['text/']],
  ['an empty type', ['/plain']],
  ['words before the type', ['a text/plain']],
  ['words after the type', ['text/plain a']],
  ['a list', ['text/plain, text/html']],
  ['two slashes', ['text/plain/x']],
  ['a character outside ASCII', ['text/plain;a=é']],
  ['a control character before the end', ['text/plain;a=\u007fb']],
  ['a control character at the start of a parameter', ['text/plain;\u0000a']],
  ['a line that is too long to keep', [`text/plain;${'a'.repeat(245)}`]],
])('H3 refuses %s', (_name, lines) => {
  expect(readMediaType(lines)).toBeUndefined();
});
