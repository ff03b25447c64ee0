#!/usr/bin/env node
// `npm run docs`: writes docs/operators/<name>.md, one page for each operator.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operatorPages, pagesFolder } from './operators/pages.js';

mkdirSync(pagesFolder, { recursive: true });
const pages = await operatorPages();
for (const [file, text] of pages) writeFileSync(join(pagesFolder, file), text);
console.error(`docs: ${pages.size} pages`);
