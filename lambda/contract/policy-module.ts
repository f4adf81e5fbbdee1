/** Entry point of policies in Rego, as `opa build -e` takes it: the rule `decision` of the package `postern`. */
export const POLICY_ENTRY_POINT = 'postern/decision';

/**
 * Custom section of a policy module with the SHA-256 of its source, in hex. `postern env policies build` appends it, and synth
 * compares it, so that an environment never deploys a module of another source.
 */
const POLICY_SOURCE_SECTION = 'postern.source';

/** Id of custom sections (https://webassembly.github.io/spec/core/binary/modules.html#custom-section). */
const CUSTOM_SECTION = 0;
/** Bytes of the magic number and of the version. */
const PREAMBLE_BYTES = 8;
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Bytes of an unsigned integer of 32 bits in LEB128. */
const MAX_LEB_BYTES = 5;

/**
 * Reads the SHA-256 of a policy module's source.
 * @returns hex, or undefined if the module has no such section, has several, or is malformed
 */
export const readSourceHash = (module: Uint8Array): string | undefined => {
  const sections = sourceSections(module);
  const [section] = sections ?? [];
  const hash = sections?.length === 1 && section !== undefined ? asText(section.content) : '';
  return /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
};

/**
 * Appends the SHA-256 of its source to a module. An earlier section of this name is replaced.
 * @param hash SHA-256 of the source as UTF-8, in hex
 * @throws {Error} if the bytes are not a WebAssembly module
 */
export const appendSourceHash = (module: Uint8Array, hash: string): Uint8Array => {
  const sections = sourceSections(module);
  if (sections === undefined) throw new Error(`${module.length} bytes are not a WebAssembly module of version 1.`);
  const name = asBytes(POLICY_SOURCE_SECTION);
  const body = [...toLeb(name.length), ...name, ...asBytes(hash)];
  const parts: (Uint8Array | readonly number[])[] = [];
  let at = 0;
  for (const { begin, end } of sections) {
    parts.push(module.subarray(at, begin));
    at = end;
  }
  parts.push(module.subarray(at), [CUSTOM_SECTION, ...toLeb(body.length), ...body]);
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
};

interface Section {
  /** Place of its id, and the place after its last byte. */
  readonly begin: number;
  readonly end: number;
  /** Bytes after its name. */
  readonly content: Uint8Array;
}

/** Every section with the SHA-256, or undefined if the module is malformed. */
const sourceSections = (module: Uint8Array): readonly Section[] | undefined => {
  if (PREAMBLE.some((byte, i) => module[i] !== byte)) return undefined;
  const found: Section[] = [];
  let begin = PREAMBLE_BYTES;
  while (begin < module.length) {
    const size = fromLeb(module, begin + 1);
    if (size === undefined || size.end + size.value > module.length) return undefined;
    const end = size.end + size.value;
    if (module[begin] === CUSTOM_SECTION) {
      const name = fromLeb(module, size.end);
      if (name === undefined || name.end + name.value > end) return undefined;
      const contentBegin = name.end + name.value;
      if (asText(module.subarray(name.end, contentBegin)) === POLICY_SOURCE_SECTION) {
        found.push({ begin, end, content: module.subarray(contentBegin, end) });
      }
    }
    begin = end;
  }
  return found;
};

/** Reads an unsigned integer in LEB128, and the place after it. */
const fromLeb = (bytes: Uint8Array, begin: number): { readonly value: number; readonly end: number } | undefined => {
  let value = 0;
  for (let i = 0; i < MAX_LEB_BYTES; i += 1) {
    const byte = bytes[begin + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: begin + i + 1 };
  }
  return undefined;
};

const toLeb = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...toLeb(value >>> 7)];

/** The name and the hash are ASCII. */
const asBytes = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));
const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 100));
