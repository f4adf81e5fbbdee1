'use strict';
const { isSigned } = require('../signature.cjs');

exports.handler = async ({ token }) => ({ statusCode: isSigned(token) ? 200 : 401, body: '' });
