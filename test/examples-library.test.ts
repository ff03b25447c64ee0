import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { twentyMinutes } from '../examples/library/virtual-time.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the page on the library', () => {
  it('shows nothing but what its examples do', () => {
    const sources = ['embed', 'virtual-time'].map((name) => readFileSync(`examples/library/${name}.ts`, 'utf8'));
    const blocks = [...readFileSync('docs/library.md', 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
    expect(blocks.length).toBeGreaterThan(4);
    expect(blocks.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
  });

  it('goes through the life of an engine without being refused anything', async () => {
    const posted: string[] = [];
    vi.stubGlobal('fetch', async (_: string, { body }: { body: string }) => {
      posted.push(body);
      return new Response();
    });
    const said = vi.spyOn(console, 'log').mockReturnValue();
    const warned = vi.spyOn(console, 'warn').mockReturnValue();
    await import('../examples/library/embed.js');
    expect(warned).not.toHaveBeenCalled();
    expect(said.mock.calls.flat()).toEqual(expect.arrayContaining(['opened', 'acknowledged', 'Disk full']));
    expect(said.mock.calls.at(-1)).toEqual([expect.stringContaining('defaultChannels')]);
    expect(posted).not.toEqual([]);
  });

  it('lets twenty minutes pass in a moment', async () => {
    expect(await twentyMinutes()).toEqual(['opened after 10 min']);
  });
});
