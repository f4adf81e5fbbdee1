#!/usr/bin/env node
console.log('postern');
