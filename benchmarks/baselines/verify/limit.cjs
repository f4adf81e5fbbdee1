'use strict';
const { isSigned, readKey } = require('../signature.cjs');

const key = readKey(JSON.parse(process.env.JWKS).keys[0]);

exports.handler = async ({ token }) => ({ statusCode: isSigned(token, key) ? 200 : 401, body: '' });
