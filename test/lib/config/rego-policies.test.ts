import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { appendSourceHash } from '../../../lambda/contract/policy-module.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const sha256Hex = (value: string): string => createHash('sha256').update(value).digest('hex');

const read = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../vectors/rego/${name}`, import.meta.url)));

const REGO = read('guide.rego').toString();
const WASM = read('guide.wasm');

const environmentWith = (policies: unknown) =>
  readEnvironment('test', anAwsEnvironment({ policies: policies as string }));

/** The mistakes of an environment with these policies. */
const mistakesOf = (policies: unknown): readonly string[] => {
  try {
    environmentWith(policies);
    return [];
  } catch (error) {
    if (error instanceof InvalidEnvironment)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
};

/** A module that states this source. */
const made = (module: Uint8Array, rego = REGO) => ({ rego, wasm: appendSourceHash(module, sha256Hex(rego)) });

/** A module with a custom section, so that it has this many bytes. */
const padded = (bytes: number) => {
  // The id, the size in four bytes of LEB128, and an empty name.
  const content = bytes - WASM.length - 5;
  const size = [0, 7, 14, 21].map((shift, i) => ((content >>> shift) & 0x7f) | (i < 3 ? 0x80 : 0));
  return { rego: REGO, wasm: Buffer.concat([WASM, Buffer.from([0, ...size]), Buffer.alloc(content)]) };
};

/** A module in which one text is replaced by another one of the same length. */
const replaced = (text: string, other: string) =>
  Buffer.from(WASM.toString('latin1').replaceAll(text, other), 'latin1');

/** A section of a module. */
const section = (id: number, ...content: readonly number[]) => [id, content.length, ...content];
const text = (value: string) => [value.length, ...Buffer.from(value)];
const moduleOf = (...sections: readonly (readonly number[])[]) =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);

const GLOBAL = 3;
/** A module that says it has this ABI. */
const ofAbi = (version: number, minor: number) =>
  moduleOf(
    section(6, 2, 0x7f, 0, 0x41, version, 0x0b, 0x7f, 0, 0x41, minor, 0x0b),
    section(7, 2, ...text('opa_wasm_abi_version'), GLOBAL, 0, ...text('opa_wasm_abi_minor_version'), GLOBAL, 1),
  );

describe('policies in Rego of an environment file', () => {
  test('are kept as the module', () => {
    expect(environmentWith({ rego: REGO, wasm: WASM }).policies).toEqual(WASM);
    expect(mistakesOf({ rego: REGO, wasm: new Uint8Array(WASM) })).toEqual([]);
  });

  test('have a module of at most 1,048,576 bytes', () => {
    expect(mistakesOf(padded(1_048_576))).toEqual([]);
    expect(mistakesOf(padded(1_048_577))).toEqual([
      'policies.wasm has 1048577 bytes; expected 1 to 1048576 bytes of a WebAssembly module, as a Buffer or a Uint8Array. ' +
        'Read it from the file that `postern env policies build` writes, without an encoding. docs/operate/policies.md describes policies in Rego.',
    ]);
  });

  test('have a source of at most 65,536 characters', () => {
    const long = (chars: number) => `${REGO}# ${'x'.repeat(chars - REGO.length - 2)}`;
    expect(mistakesOf(made(WASM, long(65_536)))).toEqual([]);
    expect(mistakesOf(made(WASM, long(65_537)))).toEqual([
      'policies.rego has 65537 characters; expected a text of 1 to 65536 characters with policies in Rego. Read it from a file beside this one.',
    ]);
  });

  test.for<[string, unknown, RegExp]>([
    ['no module', { rego: REGO }, /^policies\.wasm is missing; expected 1 to 1048576 bytes/],
    ['an empty module', { rego: REGO, wasm: Buffer.alloc(0) }, /^policies\.wasm has 0 bytes; /],
    ['a module that was read as text', { rego: REGO, wasm: 'asm' }, /^policies\.wasm is "asm"; /],
    ['no source', { wasm: WASM }, /^policies\.rego is missing; expected a text of 1 to 65536 characters/],
    ['a blank source', { rego: ' \n', wasm: WASM }, /^policies\.rego has 2 characters; /],
    ['a further member', { rego: REGO, wasm: WASM, data: {} }, /^policies has the member data; .* Remove the member\./],
    ['a list', [REGO, WASM], /^policies is \[.*; expected a text .* with policies in Cedar, or \{ rego, wasm \}\./],
  ])('are refused with %s', ([, policies, words]) => {
    const mistakes = mistakesOf(policies);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(words);
  });

  const COMMAND = 'Run `postern env policies build FILE.rego`, and commit the module that it writes beside the source.';

  test('are refused if the source was changed after the module was made', () => {
    const rego = `${REGO}# later\n`;
    expect(mistakesOf({ rego, wasm: WASM })).toEqual([
      `policies.wasm was made of another source: its SHA-256 is ${sha256Hex(REGO)}; expected a module of the source in policies.rego, whose SHA-256 is ${sha256Hex(rego)}. ${COMMAND}`,
    ]);
  });

  test.for<[string, { readonly rego: string; readonly wasm: Uint8Array }, RegExp]>([
    [
      'is no WebAssembly',
      { rego: REGO, wasm: Buffer.from('package postern') },
      /is no WebAssembly module: .*expected magic word/,
    ],
    [
      'does not state its source',
      { rego: REGO, wasm: replaced('postern.source', 'postern.sauce_') },
      /does not state the source/,
    ],
    [
      'has another entry point',
      made(replaced('postern/decision', 'postern/decisive')),
      /has the entry points postern\/decisive; expected a module with the entry point postern\/decision\./,
    ],
    [
      'has another ABI',
      made(ofAbi(2, 3)),
      /does not start: The module has the ABI 2\.3\.; expected a module of the ABI 1\.2 or a later 1\.x/,
    ],
    ['has an ABI before 1.2', made(ofAbi(1, 1)), /does not start: The module has the ABI 1\.1\./],
    ['has no ABI', made(moduleOf()), /does not start: The module has the ABI 0\.0\./],
    ['has the ABI and nothing else', made(ofAbi(1, 2)), /does not start: .*not a function/],
    [
      'imports something of another host',
      made(moduleOf(section(1, 1, 0x60, 0, 0), section(2, 1, ...text('wasi'), ...text('exit'), 0, 0))),
      /imports wasi\.exit; expected a module that imports only what OPA defines: env\.memory, env\.opa_abort/,
    ],
    [
      'imports something else of its host',
      made(moduleOf(section(1, 1, 0x60, 0, 0), section(2, 1, ...text('env'), ...text('exit'), 0, 0))),
      /imports env\.exit; /,
    ],
    [
      'calls a function of its host',
      { rego: read('host-function.rego').toString(), wasm: read('host-function.wasm') },
      /calls time\.now_ns; expected a module with no function of its host\. Replace the functions\./,
    ],
    [
      'answers in another form',
      { rego: read('faults.rego').toString(), wasm: read('faults.wasm') },
      /answers \[\{"result":\{"permit":\["all"\]\}\}\] when a Processor asks for result of a Task; expected an answer of the form/,
    ],
  ])('are refused if the module %s', ([, policies, words]) => {
    expect(mistakesOf(policies).filter((line) => line.startsWith('policies.wasm'))).toEqual([
      expect.stringMatching(words),
    ]);
  });

  test('are refused with a `forbid` that can be silently undefined', () => {
    expect(mistakesOf({ rego: read('safe-form.rego').toString(), wasm: read('safe-form.wasm') })).toEqual([
      expect.stringMatching(
        /^policies\.rego at line 8: has the condition `net\.cidr_contains\("203\.0\.113\.0\/24", input\.context\.source\)`, which can have no value .*docs\/operate\/policies\.md shows the safe form\.$/,
      ),
    ]);
  });
});
