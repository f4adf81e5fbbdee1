import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createIo, type ListOptions } from '../../cli/io.ts';
import type { OutputFormat } from '../../cli/settings/settings.ts';

const aTerminal = (format: OutputFormat, isTTY = false) => {
  const streams = {
    stdin: Object.assign(new PassThrough(), { isTTY }),
    stdout: Object.assign(new PassThrough(), { isTTY }),
    stderr: Object.assign(new PassThrough(), { isTTY }),
  };
  const io = createIo(streams, format, {});
  return {
    io,
    streams,
    stdout: () => String(streams.stdout.read() ?? ''),
    stderr: () => String(streams.stderr.read() ?? ''),
  };
};

const LIST: ListOptions<{ readonly id: string; readonly note?: string }> = {
  name: 'things',
  items: [{ id: 'a', note: 'evil\u001b[2J\nline' }, { id: 'bcd' }],
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'NOTE', value: ({ note }) => note },
    { title: 'NOBODY', value: () => undefined },
  ],
  none: 'There is nothing.',
};

describe('data of a command', () => {
  it.each([
    ['text', 'a thing\n'],
    ['json', '{\n  "id": 1\n}\n'],
    ['jsonl', '{"id":1}\n'],
  ] as const)('goes to stdout as %s', (format, expected) => {
    const terminal = aTerminal(format);
    terminal.io.print({ id: 1 }, () => 'a thing');
    expect(terminal.stdout()).toBe(expected);
    expect(terminal.stderr()).toBe('');
  });

  it('as a list is a table without empty columns and without control characters', async () => {
    const terminal = aTerminal('text');
    await terminal.io.printList(LIST);
    expect(terminal.stdout()).toBe('ID   NOTE\na    evil [2J line\nbcd\n');
  });

  it('as a list is one JSON object, or one item a line', async () => {
    const json = aTerminal('json');
    await json.io.printList(LIST);
    expect(JSON.parse(json.stdout())).toEqual({ things: LIST.items });
    const lines = aTerminal('jsonl');
    await lines.io.printList(LIST);
    expect(
      lines
        .stdout()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(LIST.items);
  });

  it('in JSON has no control that moves the cursor or turns the direction of text', () => {
    const terminal = aTerminal('json');
    terminal.io.print({ note: 'a\u009b2J\u202eb\u061cc' }, () => '');
    const text = terminal.stdout();
    expect(text).toContain('a\\u009b2J\\u202eb\\u061cc');
    expect(JSON.parse(text)).toEqual({ note: 'a\u009b2J\u202eb\u061cc' });
  });

  it.each(['text', 'json', 'jsonl'] as const)('as a list that goes on says so on stderr, in %s', async (format) => {
    const terminal = aTerminal(format);
    await terminal.io.printList({ ...LIST, nextCursor: () => 'abc' });
    expect(terminal.stderr()).toBe('There are more. Use --limit or a filter.\n');
    if (format === 'json') expect(JSON.parse(terminal.stdout())).toEqual({ things: LIST.items, cursor: 'abc' });
  });

  it('as an empty list prints nothing to stdout, and says so on stderr', async () => {
    const terminal = aTerminal('text');
    await terminal.io.printList({ ...LIST, items: [] });
    expect(terminal.stdout()).toBe('');
    expect(terminal.stderr()).toBe('There is nothing.\n');
  });
});

describe('what is not data', () => {
  it('goes to stderr, with callback URLs masked', () => {
    const terminal = aTerminal('json');
    terminal.io.note('See https://c.example.com/c/secretsecretsecretse');
    expect(terminal.stdout()).toBe('');
    expect(terminal.stderr()).toBe('See https://c.example.com/c/…\n');
  });

  it('as progress is shown on a terminal only, and cleared before the data', () => {
    const script = aTerminal('text');
    script.io.showProgress('half');
    expect(script.stderr()).toBe('');
    const terminal = aTerminal('text', true);
    terminal.io.showProgress('half');
    terminal.io.print({}, () => 'done');
    expect(terminal.stderr()).toBe('half\r\u001b[K');
    expect(terminal.stdout()).toBe('done\n');
  });

  it('as a question takes one line of the person', async () => {
    const terminal = aTerminal('text', true);
    const answer = terminal.io.ask('Name?');
    terminal.streams.stdin.write('prod\n');
    expect(await answer).toBe('prod');
  });

  it('as a question takes the last line of an input that ends', async () => {
    const terminal = aTerminal('text', true);
    const answer = terminal.io.ask('Name?');
    terminal.streams.stdin.end('prod\n');
    expect(await answer).toBe('prod');
  });

  it('as an address is shown as it is, because masked it would not open', () => {
    const terminal = aTerminal('json');
    terminal.io.showAddress('https://login.example.com/c/authorize?state=eyJ1');
    expect([terminal.stdout(), terminal.stderr()]).toEqual(['', 'https://login.example.com/c/authorize?state=eyJ1\n']);
  });

  it('as a question without an answer ends the command', async () => {
    const terminal = aTerminal('text', true);
    const answer = terminal.io.ask('Name?');
    terminal.streams.stdin.end();
    await expect(answer).rejects.toMatchObject({ exit: 'interrupted' });
  });
});
