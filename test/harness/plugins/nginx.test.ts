import { describe, expect, it } from 'vitest';
import type { ServerPlace } from '../../../harness/core/plugin.ts';
import nginx, { bodyFor } from '../../../harness/plugins/variants/nginx.ts';

describe('bodyFor', () => {
  it.each([
    [136, 1],
    [137, 2],
    [144, 9],
    [146, 10],
    [1000, 863],
    [4000, 3862],
  ])('fills %d bytes of response with %d of body', (responseBytes, bodyBytes) => {
    expect(bodyFor(responseBytes, 'here')).toHaveLength(bodyBytes);
  });

  it('refuses a size that no length of a body gives', () => {
    expect(() => bodyFor(145, 'variant n')).toThrow(/variant n: response-bytes 145 can't be met/);
  });
});

describe('parameters', () => {
  const place = { machine: { which: async () => '/usr/sbin/nginx' } } as unknown as ServerPlace;
  const command = (params: Record<string, string | number>) =>
    nginx.command({ id: 'n', label: 'n', plugin: 'nginx', params, optional: false }, place);

  it.each([
    [{ colour: 'red' }, /nginx has no parameter "colour"/],
    [{ workers: 0 }, /workers is 0/],
    [{ workers: '2; daemon on' }, /workers is "2; daemon on"/],
    [{ backlog: 1.5 }, /backlog is 1\.5/],
    [{ 'response-bytes': 10 }, /response-bytes is 10/],
  ])('%j are refused', async (params, message) => {
    await expect(command(params)).rejects.toThrow(message);
  });
});
