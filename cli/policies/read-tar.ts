import { gunzipSync } from 'node:zlib';

/** Bytes of a header, and of the unit to which contents are padded. */
const BLOCK_BYTES = 512;
/** Bytes. A bundle of policies has less than one megabyte. */
const MAX_ARCHIVE_BYTES = 64 * 1_048_576;

/**
 * Reads one file of a tar archive in gzip, as `opa build` writes it: ustar, with names below 100 bytes
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06).
 * @returns undefined if the archive has no such file
 * @throws {Error} if it is no such archive, or has more than 64 MB
 */
export const readFromTar = (archive: Uint8Array, name: string): Uint8Array | undefined => {
  const bytes = gunzipSync(archive, { maxOutputLength: MAX_ARCHIVE_BYTES });
  let at = 0;
  while (at + BLOCK_BYTES <= bytes.length && bytes[at] !== 0) {
    const size = Number.parseInt(textAt(bytes, at + 124, 12), 8);
    const begin = at + BLOCK_BYTES;
    if (!Number.isSafeInteger(size) || begin + size > bytes.length) {
      throw new Error(`The archive is cut off, or its header at byte ${at} is malformed.`);
    }
    if (textAt(bytes, at, 100) === name) return bytes.subarray(begin, begin + size);
    at = begin + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return undefined;
};

/** Text of a field, which ends at its first zero or with the field. */
const textAt = (bytes: Buffer, begin: number, length: number): string =>
  bytes.toString('latin1', begin, begin + length).replace(/\0.*$/s, '');
