const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * The two integers of a DER `ECDSA-Sig-Value` as r‖s, each `size` bytes (RFC 7518 §3.4).
 * @throws {Error} for anything that is not one
 */
export const joseFromDer = (der: Uint8Array, size: number): Uint8Array => {
  const out = new Uint8Array(2 * size);
  // P-256 signatures are at most 72 bytes long, so every length is one byte.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw new Error('Not a DER signature.');
  let offset = 2;
  for (const end of [size, 2 * size]) {
    const length = der[offset + 1] ?? 0;
    const integer = der.subarray(offset + 2, offset + 2 + length);
    if (der[offset] !== INTEGER || length === 0 || integer.length !== length) throw new Error('Not a DER signature.');
    // A leading zero keeps the integer positive; short integers are padded on the left.
    const magnitude = integer[0] === 0 ? integer.subarray(1) : integer;
    if (magnitude.length > size) throw new Error('Not a DER signature of this size.');
    out.set(magnitude, end - magnitude.length);
    offset += 2 + length;
  }
  if (offset !== der.length) throw new Error('Not a DER signature.');
  return out;
};

/**
 * The DER `ECDSA-Sig-Value` of two integers r‖s of the same size (RFC 3279 §2.2.3). OpenSSL checks a signature in this form
 * in little more than half the time that it takes for r‖s.
 */
export const derFromJose = (jose: Uint8Array): Uint8Array => {
  const half = jose.length / 2;
  const integers = [derInteger(jose.subarray(0, half)), derInteger(jose.subarray(half))];
  const length = integers.reduce((sum, integer) => sum + integer.length, 0);
  return Buffer.concat([Buffer.of(SEQUENCE, length), ...integers]);
};

const derInteger = (magnitude: Uint8Array): Uint8Array => {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1;
  const digits = magnitude.subarray(start);
  // A first bit of one would make it negative.
  const sign = (digits[0] as number) > 0x7f ? [0] : [];
  return Buffer.from([INTEGER, sign.length + digits.length, ...sign, ...digits]);
};
