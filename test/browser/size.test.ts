import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../../dist/dashboard');

function gzipped(extension: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(extension));
  return files.reduce((bytes, file) => bytes + gzipSync(readFileSync(join(folder, file)), { level: 9 }).length, 0);
}

describe('the built page', () => {
  it('B16 has at most 45 kB of scripts, gzipped', () => {
    expect(gzipped('.js')).toBeGreaterThan(0);
    expect(gzipped('.js')).toBeLessThanOrEqual(45_000);
  });

  it('has at most 6 kB of styles, gzipped', () => {
    expect(gzipped('.css')).toBeLessThanOrEqual(6_000);
  });

  it('has no inline script and asks nobody else for anything', () => {
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  });
});
