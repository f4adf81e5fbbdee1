'use strict';
const { createPublicKey, verify } = require('node:crypto');

exports.readKey = (jwk) => createPublicKey({ key: jwk, format: 'jwk' });

const integer = (bytes) => {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  return Buffer.from(digits[0] > 127 ? [2, digits.length + 1, 0, ...digits] : [2, digits.length, ...digits]);
};
const der = (jose) => {
  const integers = Buffer.concat([integer(jose.subarray(0, 32)), integer(jose.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, integers.length), integers]);
};

/** True if the token's signature is valid. Checks nothing else. */
exports.isSigned = (token, key) => {
  const dot = token.lastIndexOf('.');
  const signature = der(Buffer.from(token.slice(dot + 1), 'base64url'));
  return verify('sha256', Buffer.from(token.slice(0, dot)), key, signature);
};
